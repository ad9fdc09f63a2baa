import FoundationEssentials
import TestSupport
import Testing

@testable import Apus

@Suite("Forms as values of a type")
struct FormDecodingTests {
    private func decode<Value: Decodable>(_ encoded: String, as type: Value.Type = Value.self) throws -> Value {
        let pairs = unsafe URLEncodedForm(parsing: Array(encoded.utf8).span.bytes).pairs
        return try Form(pairs).decode(as: type)
    }

    /// What is wrong, a line for each field.
    private func problems<Value: Decodable>(_ encoded: String, as type: Value.Type) -> [String] {
        do {
            _ = try decode(encoded, as: type)
            return []
        } catch let problem as ProblemDetails {
            return problem.invalidFields.map { "\($0.name) \($0.message)" }
        } catch {
            return ["\(error)"]
        }
    }

    enum Level: String, Codable, CaseIterable { case low, high }
    enum Colour: String, Codable { case red, green }
    struct Address: Codable, Equatable { var street: String, zip: Int }
    struct User: Codable, Equatable {
        var name: String
        var age: UInt8
        var height: Double?
        var nickname: String?
        var level: Level
        var isAdmin: Bool
        var tags: [String]
        var address: [Address]
        var home: Address?
    }

    @Test("flat and nested names, lists, optionals, enumerations")
    func nested() throws {
        let user: User = try decode(
            "name=Ada+L&age=36&height=1.65&nickname=&level=high&isAdmin=on&tags=a&tags=b&address[0][street]=S&"
                + "address[0][zip]=1&address%5B1%5D%5Bstreet%5D=T&address[1][zip]=2&home[street]=H&home[zip]=3&other=x")
        #expect(
            user
                == User(
                    name: "Ada L", age: 36, height: 1.65, nickname: "", level: .high, isAdmin: true, tags: ["a", "b"],
                    address: [Address(street: "S", zip: 1), Address(street: "T", zip: 2)],
                    home: Address(street: "H", zip: 3)))
        let bare: User = try decode("name=a&age=0&level=low&height=")
        #expect(
            bare
                == User(
                    name: "a", age: 0, height: nil, nickname: nil, level: .low, isAdmin: false, tags: [], address: [],
                    home: nil))
    }

    @Test("lists in each spelling")
    func lists() throws {
        struct Lists: Decodable { var a: [Int], b: Set<String>? }
        for (text, list) in [
            ("a=1", [1]), ("a[]=1", [1]), ("a=1&a=2", [1, 2]), ("a[]=1&a[]=2", [1, 2]), ("a[1]=2&a[0]=1", [1, 2]),
            ("a[10]=2&a[9]=1", [1, 2]), ("", []), ("a[4000000000]=7", [7]),
        ] {
            #expect(try decode(text, as: Lists.self).a == list, "\(text)")
        }
        #expect(try decode("b=x&b=y&b=x", as: Lists.self).b == ["x", "y"])
        #expect(try decode("x[k1]=1&x[k2]=2", as: [String: [String: Int]].self) == ["x": ["k1": 1, "k2": 2]])
        #expect(try decode("x[1]=5&x[2]=6", as: [String: [String: [Int]]].self)["x"]?.count == 2)
    }

    @Test("dates, UUIDs, decimals and URLs")
    func values() throws {
        struct Values: Decodable { var date: Date?, id: UUID?, price: Decimal?, link: URL?, sum: Int128? }
        let id = "1B4E28BA-2FA1-41D2-883F-0016D3CCA427"
        let values: Values = try decode("id=\(id.lowercased())&price=1.10&link=https://a/b&sum=170141183460469231731")
        #expect(values.id?.uuidString == id)
        #expect(values.price == Decimal(string: "1.10"))
        #expect(values.link?.host() == "a")
        #expect(values.sum == 170_141_183_460_469_231_731)
        for (text, seconds) in [
            ("1970-01-01", 0.0), ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:00:00.5%2B01:00", 951_822_000.5),
            ("1969-12-31T23:59:59Z", -1), ("0000-03-01", -62_162_035_200), ("0000-01-01", -62_167_219_200),
            ("9999-12-31T23:59:60-00:00", 253_402_300_800), ("2026-11-21T10:00Z", 1_795_255_200),
        ] {
            #expect(try decode("date=\(text)", as: Values.self).date?.timeIntervalSince1970 == seconds, "\(text)")
        }
        for text in [
            "2026", "2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00Zx", "-026-01-01", "2026-1-1", "now",
        ] {
            #expect(problems("date=\(text)", as: Values.self).count == 1, "\(text)")
        }
    }

    @Test("all wrong fields are named at once, with what was wrong")
    func allProblems() {
        #expect(
            problems(
                "age=300&height=tall&level=none&isAdmin=maybe&address[0][street]=S&address[2][zip]=x", as: User.self)
                == [
                    "name is missing: add a text", "age is \"300\": send a whole number from 0 to 255",
                    "height is \"tall\": send a number",
                    "level is not valid: Cannot initialize Level from invalid String value none",
                    "isAdmin is \"maybe\": send true or false",
                    "address[0].zip is missing: add a whole number from \(Int.min) to \(Int.max)",
                    "address[1].street is missing: add a text",
                    "address[1].zip is \"x\": send a whole number from \(Int.min) to \(Int.max)",
                ])
        struct Outer: Decodable { var user: User, name: String }
        // What lacks as a whole is one problem.
        #expect(problems("", as: Outer.self) == ["user is missing: add it", "name is missing: add a text"])
        struct Scalars: Decodable { var a: Int, b: [Int]?, c: String? }
        #expect(problems("a=1&a=2&b=x&c=1&c=2", as: Scalars.self).count == 3)
        #expect(problems("a[b]=1", as: Scalars.self).first?.hasPrefix("a has the wrong type, a group") == true)
        #expect(problems("a=1&a[b]=1", as: [String: [String: Int]].self).first?.hasPrefix("a is a value and") == true)
    }

    @Test("a type that nothing can stand in for ends its group, and is named")
    func abandoned() {
        struct Picture: Decodable { var colour: Colour, size: Int }
        struct Page: Decodable { var picture: Picture, title: String }
        #expect(
            problems("picture[colour]=blue&picture[size]=x", as: Page.self).first?.hasPrefix("picture.colour") == true)
        #expect(problems("colour=blue&size=1", as: Picture.self).count == 1)
    }

    @Test("numbers are those of the type, and nothing else")
    func numbers() {
        struct Number<Value: Decodable>: Decodable { var n: Value }
        for text in ["", "1.5", "1e3", "0x10", "128", "-129", " 1", "1 ", "nan", "٣"] {
            #expect(problems("n=\(text)", as: Number<Int8>.self).count == 1, "\(text)")
        }
        for text in ["", "nan", "inf", "0x1p3", "1e999", "1,5", "one"] {
            #expect(problems("n=\(text)", as: Number<Double>.self).count == 1, "\(text)")
        }
        for text in ["1", "-1.5", "1e3", "%2B2", ".5"] {
            #expect(problems("n=\(text)", as: Number<Double>.self) == [], "\(text)")
        }
    }

    @Test("names that are hostile cost nothing: deep, endless, odd")
    func hostileNames() throws {
        let deep = "a" + String(repeating: "[b]", count: 100_000) + "=1"
        #expect(problems(deep, as: [String: String].self).first?.contains("nest less deeply") == true)
        for name in ["[", "]", "[]", "a[", "a]", "a[b", "a[b]c", "[a]", "a[[b]]", "a]b[", "", "a[][b]"] {
            let tree = FormTree()
            try tree.add(name, .text("1"))
            guard case .group(let group) = tree.value else {
                Issue.record("no group for \(name)")
                continue
            }
            #expect(group.names.count <= 1)
        }
        #expect(problems("n=" + String(repeating: "9", count: 100_000), as: [String: Int].self)[0].utf8.count < 200)
        let many = (0..<5000).map { "f\($0)=x" }.joined(separator: "&")
        #expect(problems(many, as: [String: Int].self).count == ProblemDetails.mostErrors)
    }

    @Test("mutated forms are decoded or refused, and nothing else")
    func mutated() {
        var random = SeededRandom(seed: 0xF0)
        let form = "name=Ada&age=36&level=high&tags[]=a&address[0][street]=S&address[0][zip]=1&home[zip]=3"
        var refused = 0
        for _ in 0..<5000 {
            let bytes = Mutation.of(Array(form.utf8), &random)
            let pairs = unsafe URLEncodedForm(parsing: bytes.span.bytes).pairs
            do { _ = try Form(pairs).decode(as: User.self) } catch is ProblemDetails { refused += 1 } catch is HTTPError
            {
                refused += 1
            } catch { Issue.record("\(error)") }
        }
        #expect(refused > 1000)
    }
}
