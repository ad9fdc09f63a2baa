// What content codings cost: `swift run -c release CodingBenchmarks [ROUNDS]`.
//
// Each figure is the fastest of several rounds. `gzip 10 KiB beside C` is the time of ContentEncoder divided by that of
// zlib called directly, both with a state that is used again, measured in turn.

#if Compression && canImport(CZlib)
    import ApusHTTP
    import ApusRuntime
    import CZlib

    let rounds = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 20 : 20
    let pool = CodingPool()

    /// The microseconds of one call.
    @inline(never)
    func time(_ iterations: Int, _ body: () -> Int) -> Double {
        var sum = 0
        let duration = ContinuousClock().measure {
            for _ in 0..<iterations { sum &+= body() }
        }
        precondition(sum != 0, "the work must have a result")
        return duration / .microseconds(1) / Double(iterations)
    }

    /// The answer of a service to a search, of about so many bytes.
    func json(_ count: Int) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        var text = "["
        var id = 0
        while text.utf8.count < count {
            id += 1
            let number = UInt64.random(in: 0..<100_000, using: &random)
            text +=
                #"{"id":\#(id),"name":"user \#(number)","mail":"user\#(number)@example.com","active":\#(number % 2 == 0)},"#
        }
        return Array((text + "{}]").utf8)
    }

    func encode(_ content: [UInt8], _ coding: ContentCoding, _ level: Int, _ pool: CodingPool) -> Int {
        let coded = try? ContentEncoder.encode(unsafe content.span.bytes, coding, level: level, pool: pool)
        return coded?.count ?? 0
    }

    /// zlib as a C program would call it.
    func deflateDirectly(_ stream: UnsafeMutablePointer<z_stream>, _ content: [UInt8], _ output: inout [UInt8]) -> Int {
        unsafe deflateReset(stream)
        unsafe content.withUnsafeBufferPointer { content in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: content.baseAddress)
                unsafe stream.pointee.avail_in = uInt(content.count)
                unsafe stream.pointee.next_out = output.baseAddress
                unsafe stream.pointee.avail_out = uInt(output.count)
                unsafe deflate(stream, Z_FINISH)
            }
        }
        return unsafe Int(stream.pointee.total_out)
    }

    let ten = json(10 << 10)
    var output = [UInt8](repeating: 0, count: ten.count)
    let stream = unsafe apus_deflate_create(6, 31)!
    var ours = Double.infinity
    var direct = Double.infinity
    for _ in 0..<rounds {
        ours = min(ours, time(100) { encode(ten, .gzip, 6, pool) })
        direct = min(direct, time(100) { unsafe deflateDirectly(stream, ten, &output) })
    }
    let ratio = ours / direct
    print("gzip 10 KiB beside C: \(Double(Int(ratio * 1000)) / 1000) x (≤ 1.1)")

    for size in [1, 10, 32, 64, 128] {
        let content = json(size << 10)
        for (coding, levels) in [
            (ContentCoding.zstd, [1, 3]), (.br, [3, 4, 5]), (.gzip, [1, 5, 6]),
        ] {
            for level in levels {
                var best = Double.infinity
                for _ in 0..<rounds {
                    best = min(best, time(max(1, 100 / size)) { encode(content, coding, level, pool) })
                }
                let shorter = Double(content.count) / Double(encode(content, coding, level, pool))
                print(
                    "\(coding) \(level) of \(size) KiB: \(Int(best)) us, \(Double(Int(shorter * 100)) / 100) times shorter"
                )
            }
        }
    }
#else
    print("CodingBenchmarks: this build has no codings; build with the trait Compression")
#endif
