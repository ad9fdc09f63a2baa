public struct ConnectionTable<Element: AnyObject>: ~Copyable {
  @frozen public struct ID: Hashable, Sendable, BitwiseCopyable { public let rawValue: UInt64 
   public init(rawValue: UInt64) { self.rawValue = rawValue }
   public static var none: ID { ID(rawValue: .max) }
  }
  var slots: [Element?] = []
  var gens: [UInt32] = []
  var free: [Int] = []
  init() {}
  mutating func insert(_ e: Element) -> ID { 
    if let f = free.popLast() { slots[f] = e; return ID(rawValue: UInt64(f) | UInt64(gens[f]) << 32) }
    slots.append(e); gens.append(0); return ID(rawValue: UInt64(slots.count - 1)) }
  func find(_ id: ID) -> Element? { let s = Int(id.rawValue & 0xffffffff); guard s < slots.count, gens[s] == UInt32(id.rawValue >> 32) else {return nil}; return slots[s] }
  mutating func remove(_ id: ID) -> Element? { guard let e = find(id) else { return nil }; let s = Int(id.rawValue & 0xffffffff); slots[s] = nil; gens[s] &+= 1; free.append(s); return e }
  var count: Int { slots.count - free.count }
  func forEach(_ b: (Element) -> Void) { for e in slots { if let e { b(e) } } }
}
@frozen public struct TimerID: Hashable, Sendable, BitwiseCopyable { let v: UInt64; static let none = TimerID(v: .max) }
public struct TimingWheel<Payload: BitwiseCopyable & Sendable>: ~Copyable { 
  var m: [UInt64: (UInt64, Payload)] = [:]; var n: UInt64 = 0
  public init(now tick: UInt64) {}
  public mutating func schedule(_ payload: Payload, at tick: UInt64) -> TimerID { n += 1; m[n] = (tick, payload); return TimerID(v: n) }
  @discardableResult public mutating func reschedule(_ id: TimerID, at tick: UInt64) -> Bool { if let x = m[id.v] { m[id.v] = (tick, x.1); return true}; return false }
  @discardableResult public mutating func cancel(_ id: TimerID) -> Bool { m.removeValue(forKey: id.v) != nil }
  public mutating func popExpired(now tick: UInt64) -> Payload? { for (k, v) in m where v.0 <= tick { m[k] = nil; return v.1 }; return nil }
  public var nextTick: UInt64? { mutating get { m.values.map { $0.0 }.min() } }
}
