import ApusHTTP
import TestSupport
import Testing

@Suite("Base64")
struct Base64Tests {
    @Test("the vectors of RFC 4648, 10")
    func vectors() {
        for (plain, text) in [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            #expect(Base64.encode(plain.utf8) == text)
            #expect(Base64.decode(text.utf8) == Array(plain.utf8))
        }
        #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
        #expect(Base64.encodeForURL([0xFB, 0xFF]) == "-_8")
        #expect(Base64.decodeForURL("-_8".utf8) == [0xFB, 0xFF])
    }

    @Test("whatever is encoded is decoded to itself")
    func roundTrip() {
        var random = SeededRandom(seed: 4)
        for count in 0..<100 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(Base64.decode(Base64.encode(bytes).utf8) == bytes)
            #expect(Base64.decodeForURL(Base64.encodeForURL(bytes).utf8) == bytes)
        }
    }

    @Test("other characters, padding where none belongs, and bits behind the last byte are refused")
    func refused() {
        for text in [
            "Z", "Zg=", "Zg===", "=", "====", "Z===", "Zh==", "Zm9=", "Zm9v\n", "Zm 9", "Zm9v=", "-_8=", "Zg==Zg==",
        ] {
            #expect(Base64.decode(text.utf8) == nil, "\(text)")
        }
        for text in ["Z", "Zg==", "Zh", "+/8", "Zm9v."] { #expect(Base64.decodeForURL(text.utf8) == nil, "\(text)") }
    }
}
