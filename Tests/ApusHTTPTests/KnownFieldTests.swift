import Testing

@testable import ApusHTTP

@Suite struct KnownFieldTests {
    @Test("every known name is found by its own slot, in whatever case")
    func everyNameIsFound() {
        for field in KnownField.allCases where field != .none {
            let name = HTTPField.Name(field).rawName
            #expect(HTTPField.Name(name)?.code == field.rawValue, "\(name)")
            #expect(HTTPField.Name(name.lowercased())?.code == field.rawValue, "\(name)")
            #expect(HTTPField.Name(name.uppercased())?.code == field.rawValue, "\(name)")
        }
    }

    @Test("a name that differs from a known one in one byte is not taken for it")
    func neighboursAreNotFound() {
        for field in KnownField.allCases where field != .none {
            let bytes = Array(HTTPField.Name(field).rawName.utf8)
            for index in bytes.indices {
                for bit in 0..<7 where bit != 5 || !bytes[index].isLetter {
                    var other = bytes
                    other[index] ^= 1 << bit
                    let found = KnownField(other.span.raw)
                    #expect(found != field)
                }
            }
            let shorter = Array(bytes.dropLast())
            let found = KnownField(shorter.span.raw)
            #expect(found != field)
        }
    }

    @Test("the tables have the size that their code assumes")
    func tablesAreWhole() {
        #expect(KnownField.slots.utf8CodeUnitCount == 512)
        #expect(
            KnownField.spellings.utf8CodeUnitCount == KnownField.allCases.count * KnownField.spellingWidth)
    }
}
