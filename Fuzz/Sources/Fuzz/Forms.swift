import ApusHTTP

@testable import Apus

/// A form in a query or a content is decoded whatever it is, and encoded again it is the same; names with brackets are
/// grouped, or refused for their depth.
func form(_ input: [UInt8]) {
    let form = withSpan(input) { URLEncodedForm(parsing: $0) }
    require(form.pairs.count <= input.count, "pairs from nowhere")
    require(String(validating: input, as: UTF8.self) == nil || form.isUTF8 || input.contains(0x25), "UTF-8 was lost")
    let again = withSpan(form.encoded.utf8) { URLEncodedForm(parsing: $0) }
    require(again.pairs == form.pairs, "what was encoded reads otherwise")
    let few = withSpan(input) { URLEncodedForm(parsing: $0, most: 2) }
    require(few.pairs == Array(form.pairs.prefix(2)), "the first pairs depend on those that follow")
    let tree = FormTree()
    for pair in form.pairs {
        do throws(HTTPError) { try tree.add(pair.name, .text(pair.value)) } catch {
            require(error.status == .badRequest, "a name is the server's fault")
            return
        }
    }
    _ = tree.value
}
