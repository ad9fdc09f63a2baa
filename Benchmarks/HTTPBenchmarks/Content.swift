import ApusHTTP
import FoundationEssentials

/// What is looked at, and read, in the content of requests: JSON beside what Foundation takes for it, and parts of forms.
///
/// A benchmark that got something else than it measures must stop: its figures would be of nothing.
enum Content {
    struct Order: Codable {
        struct Item: Codable { var name: String, count: Int, price: Double }
        var id: Int, customer: String, paid: Bool, items: [Item]
    }

    /// 200 bytes, as a service gets them.
    static let order = Array(
        #"""
        {"id":4711,"customer":"Ada Lovelace","paid":true,"items":[{"name":"swift, stuffed","count":2,"price":12.5},{"name":"bird bath","count":1,"price":99},{"name":"nesting box","count":3,"price":31.75}]}
        """#.utf8)

    static func measureJSON() {
        measure("look at JSON of \(order.count) bytes") { _ in
            // The text above is JSON: a figure of what is refused would be of nothing.
            do throws(JSONError) { try unsafe JSONScan.check(order.span.bytes) } catch { fatalError("\(error)") }
            return order.count
        }
        let decoder = JSONDecoder()
        measure("decode it by Foundation, for comparison", iterations: 10_000) { _ in
            // The text above is an order.
            guard let value = try? decoder.decode(Order.self, from: Data(order)) else { fatalError("not decoded") }
            return value.items.count
        }
        measure("copy it for Foundation") { _ in Data(order).count }
        let long = [UInt8](repeating: 0x61, count: 1 << 20)
        let text = [0x22] + long + [0x22]
        measure("look at a JSON string of 1 MiB", iterations: 100) { _ in
            // A string of letters between its quotes.
            do throws(JSONError) { try unsafe JSONScan.check(text.span.bytes) } catch { fatalError("\(error)") }
            return text.count
        }
    }

    /// A form of one file, as it comes in pieces of 64 KiB.
    static func measureMultipart() {
        var state: UInt64 = 1
        let random = (0..<(1 << 20)).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        let lines = Array(repeating: Array("a line of text as files have them, of some length\r\n".utf8), count: 20_000)
        for (name, file) in [("random bytes", random), ("lines", Array(lines.joined()))] {
            let head = "--boundary\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n"
            let form = Array(head.utf8) + file + Array("\r\n--boundary--\r\n".utf8)
            measure("read a form with a file of \(file.count) bytes, \(name)", iterations: 20) { _ in read(form) }
        }
    }

    private static func read(_ form: [UInt8]) -> Int {
        do throws(MultipartError) {
            var parser = try MultipartParser(boundary: "boundary")
            var content = 0
            var start = 0
            var end = 0
            while true {
                let step = try unsafe parser.parse(form.span.bytes.extracting(start..<end))
                start += step.consumed
                switch step.event {
                case .content(let range): content += range.count
                case .part, .partEnd: break
                case .end: return content
                case .needMore: end = min(form.count, end + 65536)
                }
            }
        } catch {
            // The form was made above, by the rules: a figure of what is refused would be of nothing.
            fatalError("\(error)")
        }
    }
}
