import ApusHTTP
import ApusRuntime

/// The responses that errors become unless ``Application/onError(_:)`` says otherwise: HTML for a browser, else
/// problem+json (RFC 9457).
public enum ErrorPage {
    /// The response to an error. An error that is no ``HTTPError`` is told to the log, and to the client only as 500.
    public static func response(to error: any Error, _ context: Context) -> Response {
        var known: HTTPError
        if let error = error as? HTTPError {
            known = error
        } else if case .busy? = error as? WorkError {
            known = HTTPError(
                .serviceUnavailable, "the server has too much to do: try again in a moment", fields: [.retryAfter: "1"])
        } else if error is CancellationError {
            known = HTTPError(.serviceUnavailable, "the request was cancelled: try again")
        } else {
            context.log(.error, "\(context.route?.pattern.description ?? context.path): \(error)")
            known = HTTPError(.internalServerError)
        }
        let message = known.message ?? ""
        var response = Response(known.status, known.fields)
        if context.prefersHTML {
            response.fields[.contentType] = "text/html; charset=utf-8"
            response.body = .text(
                StatusPage.html(code: Int(known.status.code), title: "\(known.status.reasonPhrase)", detail: message))
        } else {
            response.fields[.contentType] = "application/problem+json"
            response.body = .text(problem(known.status, message))
        }
        return response
    }

    static func problem(_ status: Status, _ message: String) -> String {
        var text = "{\"status\":\(status.code),\"title\":\"\(status.reasonPhrase)\""
        if !message.isEmpty { text += ",\"detail\":\"\(escapedJSON(message))\"" }
        return text + "}\n"
    }

    private static func escapedJSON(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": escaped += "\\\""
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
