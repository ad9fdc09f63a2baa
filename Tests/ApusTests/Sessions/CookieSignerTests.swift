#if TLS
    @testable import Apus
    import ApusNet
    import TestSupport
    import Testing

    @Suite("Signed cookies")
    struct CookieSignerTests {
        private let signer = CookieSigner(keys: [SigningKey(text: "0123456789abcdef")])

        @Test("HMAC-SHA256 gives the codes of RFC 4231")
        func vectors() {
            func hex(_ bytes: [UInt8]) -> String {
                bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            }
            let first = MessageAuthentication(key: [UInt8](repeating: 0x0B, count: 20)).code(of: Array("Hi There".utf8))
            #expect(hex(first) == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
            let jefe = MessageAuthentication(key: Array("Jefe".utf8))
            let second = jefe.code(of: Array("what do ya want for nothing?".utf8))
            // Nothing of one message is left for the next.
            #expect(jefe.code(of: Array("what do ya want for nothing?".utf8)) == second)
            #expect(hex(second) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
            let sixth = MessageAuthentication(key: [UInt8](repeating: 0xAA, count: 131))
                .code(of: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
            #expect(hex(sixth) == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        }

        @Test("what was signed is given back, whatever it is")
        func roundTrip() {
            for value in ["", "a", "a.b.c", "...", "é", String(repeating: "x", count: 3000)] {
                #expect(signer.verify(signer.sign(value, as: "n"), as: "n") == value)
                #expect(signer.verify(signer.sign(value, as: "n", for: .seconds(60)), as: "n") == value)
            }
        }

        @Test("a signature is good for its name, its key and its time alone")
        func bound() {
            let signed = signer.sign("ada", as: "user", until: 1000)
            #expect(signer.verify(signed, as: "user", at: 999) == "ada")
            #expect(signer.verify(signed, as: "user", at: 1000) == nil)
            #expect(signer.verify(signed, as: "User", at: 1) == nil)
            #expect(signer.verify(signed, as: "user\0", at: 1) == nil)
            let other = CookieSigner(keys: [SigningKey(text: "0123456789abcdeF")])
            #expect(other.verify(signed, as: "user", at: 1) == nil)
        }

        @Test("no change of a signed value is accepted")
        func changes() {
            let signed = Array(signer.sign("user=7", as: "n", until: 1 << 40).utf8)
            var random = SeededRandom(seed: 5)
            for place in signed.indices {
                for bit in 0..<8 {
                    var changed = signed
                    changed[place] ^= 1 << bit
                    if let text = String(validating: changed, as: UTF8.self) {
                        #expect(signer.verify(text, as: "n", at: 1) == nil)
                    }
                }
            }
            for _ in 0..<2000 {
                let text = String(decoding: Mutation.of(signed, &random), as: UTF8.self)
                if Array(text.utf8) != signed { #expect(signer.verify(text, as: "n", at: 1) == nil) }
            }
            for text in ["", ".", "..", "a..", "a", "a..AAAA", "user=7." + String(repeating: "A", count: 43)] {
                #expect(signer.verify(text, as: "n", at: 1) == nil)
            }
        }

        @Test("a new key in front signs, and the old ones' cookies stay good until they are dropped")
        func rotation() {
            let old = SigningKey.random()
            let new = SigningKey.random()
            let before = CookieSigner(keys: [old]).sign("a", as: "n")
            let both = CookieSigner(keys: [new, old])
            #expect(both.verify(before, as: "n") == "a")
            let after = both.sign("a", as: "n")
            #expect(CookieSigner(keys: [new]).verify(after, as: "n") == "a")
            #expect(CookieSigner(keys: [old]).verify(after, as: "n") == nil)
            #expect(CookieSigner(keys: [new]).verify(before, as: "n") == nil)
            #expect("\(new)" == "a signing key")
            #expect(String(reflecting: new) == "a signing key")
        }

        @Test("a request's cookie is found among several of its name, and too long ones are refused when they are made")
        func requests() async throws {
            let signer = signer
            let good = try signer.cookie("__Host-user", "ada", maxAge: .seconds(60))
            #expect(good.isSecure && good.isHTTPOnly && good.path == "/" && good.domain == nil)
            #expect(throws: SetCookieError.self) { try signer.cookie("__Host-user", "ada", path: "/a") }
            #expect(throws: SetCookieError.self) { try signer.cookie("__Host-user", "ada", domain: "example.org") }
            #expect(throws: SetCookieError.self) { try signer.cookie("n", String(repeating: "x", count: 4060)) }
            #expect(throws: SetCookieError.self) { try signer.cookie("n", "a b") }
            try await serving(
                { _ in },
                { app in app.get("/") { context in signer.value(of: "__Host-user", in: context) ?? "nobody" } }
            ) { address in
                let client = try RawClient(address)
                for (cookies, user) in [
                    ("__Host-user=\(good.value)", "ada"), ("__Host-user=forged; __Host-user=\(good.value)", "ada"),
                    ("a=b; __Host-user=eve..AAAA", "nobody"), ("user=\(good.value)", "nobody"),
                ] {
                    client.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: \(cookies)\r\n\r\n")
                    #expect(try client.response().text == user)
                }
            }
        }

        @Test("ten megabytes of cookies are refused before they are read")
        func tooLong() async throws {
            try await serving({ _ in }, { app in app.get("/") { context in "\(context.cookies.count)" } }) { address in
                let client = try RawClient(address)
                client.sendInBackground(
                    Array("GET / HTTP/1.1\r\nHost: a\r\nCookie: ".utf8)
                        + [UInt8](repeating: 0x3B, count: 10_000_000) + Array("\r\n\r\n".utf8))
                #expect(try client.response().status == 431)
            }
        }
    }
#endif
