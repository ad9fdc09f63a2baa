import FoundationEssentials
import Testing

@testable import Apus

@Suite("JSON as values of a type")
struct JSONDecodingTests {
    struct Item: Codable, Equatable { var id: UUID, count: Int, at: Date? }
    struct Order: Codable, Equatable { var name: String, paid: Bool, price: Double, items: [Item] }

    private func failure<Value: Decodable>(_ text: String, as type: Value.Type) -> any Error {
        do {
            _ = try JSONCoding.decode(type, from: Array(text.utf8))
            return CancellationError()
        } catch {
            return error
        }
    }

    private func problems<Value: Decodable>(_ text: String, as type: Value.Type) -> [String]? {
        (failure(text, as: type) as? ProblemDetails)?.invalidFields.map { "\($0.name) \($0.message)" }
    }

    @Test("what is encoded is decoded")
    func roundTrip() throws {
        let order = Order(
            name: "\"é\u{1F600}\\\n", paid: true, price: 1e-3,
            items: [Item(id: UUID(), count: -7, at: Date(timeIntervalSince1970: 1_000_000))])
        #expect(try JSONCoding.decode(Order.self, from: JSONCoding.encode(order)) == order)
    }

    @Test("all wrong fields are named at once")
    func allProblems() throws {
        let text = #"{"name":7,"paid":"yes","items":[{"id":"x","count":1.5},{"count":"2","at":"today"},null]}"#
        let found = try #require(problems(text, as: Order.self))
        #expect(
            found == [
                "name has the wrong type, a number: send a text",
                "paid has the wrong type, a text: send true or false",
                "price is missing: add a number",
                "items[0].id is \"x\": send a UUID such as 1b4e28ba-2fa1-41d2-883f-0016d3cca427",
                "items[0].count is 1.5: send a whole number from \(Int.min) to \(Int.max)",
                "items[1].id is missing: add a UUID such as 1b4e28ba-2fa1-41d2-883f-0016d3cca427",
                "items[1].count has the wrong type, a text: send a whole number from \(Int.min) to \(Int.max)",
                "items[1].at is \"today\": send a moment such as 2026-11-21T09:30:00Z, or a day such as 2026-11-21",
                "items[2] is null: send a value",
            ])
        #expect(problems("[]", as: Order.self) == [" is a list: send a group of fields"])
        #expect(problems("7", as: [Int].self) == [" is a number: send a list"])
        #expect(problems("null", as: Order.self)?.count == 1)
    }

    @Test("numbers that no type holds are named, with 422")
    func hugeNumbers() throws {
        struct Numbers: Codable { var a: Int?, b: Double?, c: UInt8? }
        for text in [
            #"{"a":99999999999999999999}"#, #"{"b":1e400}"#, #"{"c":256}"#, #"{"c":-1}"#,
            #"{"a":\#(String(repeating: "9", count: 500))}"#,
        ] {
            let found = try #require(problems(text, as: Numbers.self), "\(text)")
            #expect(found.count == 1 && "abc".contains(found[0].prefix(1)), "\(text)")
        }
    }

    @Test("what is no JSON, too deep, repeated or not UTF-8 is refused with 400")
    func malformed() throws {
        for text in [
            "", "{", "{\"name\":}", String(repeating: "[", count: 100_000), "{\"name\":1,\"name\":2}",
            String(repeating: "{\"a\":", count: 100_000), "[\(String(repeating: "1", count: 1000))]",
        ] {
            let error = try #require(failure(text, as: Order.self) as? HTTPError)
            #expect(error.status == .badRequest)
        }
        let invalid = Array("{\"name\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8)
        let error = #expect(throws: HTTPError.self) { try JSONCoding.decode(Order.self, from: invalid) }
        #expect(error?.status == .badRequest)
    }

    @Test("nesting as deep as is allowed is decoded")
    func deep() throws {
        final class Nested: Codable {
            var a: Nested?
            var depth: Int { 1 + (a?.depth ?? 0) }
        }
        let text = String(repeating: "{\"a\":", count: 127) + "{}" + String(repeating: "}", count: 127)
        #expect(try JSONCoding.decode(Nested.self, from: Array(text.utf8)).depth == 128)
        let wrong = String(repeating: "{\"a\":", count: 127) + "7" + String(repeating: "}", count: 127)
        #expect(problems(wrong, as: Nested.self)?.first?.hasPrefix("a.a.a.a") == true)
    }
}
