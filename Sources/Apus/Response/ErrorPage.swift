import ApusHTTP
import ApusRuntime

/// The responses that errors become unless ``Application/onError(_:)`` says otherwise: HTML for a browser, else
/// problem+json (RFC 9457).
public enum ErrorPage {
    /// How errors are shown.
    public struct Options: Sendable {
        /// Whether an error that was not meant for the client is told to it all the same: its type and text, and the
        /// route. For development only; false by default.
        public var showsDetails = false
        /// The page for browsers, in place of the built-in one: HTML made of the problem. Text from the problem must be
        /// escaped in it. Called on the request's loop.
        public var page: (@Sendable (ProblemDetails, Context) -> String)?

        /// The defaults, but for what is given.
        ///
        /// - Parameter showsDetails: Whether errors that were not meant for the client are told to it.
        public init(showsDetails: Bool = false) { self.showsDetails = showsDetails }
    }

    /// The response to an error, which the client is told of when it is ``ProblemConvertible``; any other is told to the
    /// log, and to the client only as 500.
    public static func response(to error: any Error, _ context: Context) -> Response {
        response(to: error, context, Options())
    }

    /// The response to an error, shown as `options` say: `app.onError { ErrorPage.response(to: $0, $1, options) }`.
    ///
    /// - Parameters:
    ///   - error: What was thrown.
    ///   - context: The request.
    ///   - options: How it is shown.
    public static func response(to error: any Error, _ context: Context, _ options: Options) -> Response {
        let problem = problem(of: error, context, options)
        var response = Response(problem.status, problem.fields)
        if !response.fields.contains(.vary) { response.fields.append(.vary, "Accept") }
        if context.prefersHTML {
            response.fields[.contentType] = "text/html; charset=utf-8"
            if let page = options.page {
                response.body = .text(page(problem, context))
            } else {
                response.fields[.contentSecurityPolicy] = StatusPage.policy
                response.body = .text(StatusPage.html(problem))
            }
        } else {
            response.fields[.contentType] = "application/problem+json"
            response.body = .text(problem.json)
        }
        return response
    }

    private static func problem(of error: any Error, _ context: Context, _ options: Options) -> ProblemDetails {
        if let error = error as? any ProblemConvertible { return error.problem }
        if case .busy? = error as? WorkError {
            context.noteFailure(.shed)
            return ProblemDetails(
                .serviceUnavailable, detail: "the server has too much to do: try again in a moment",
                fields: [.retryAfter: "1"])
        }
        if error is CancellationError {
            return ProblemDetails(.serviceUnavailable, detail: "the request was cancelled: try again")
        }
        let route = context.route?.pattern.description ?? context.path
        let text = "\(error)"
        context.log(.error, onOneLine("\(route): \(text)"))
        var problem = ProblemDetails(.internalServerError)
        if options.showsDetails {
            problem.detail = text
            problem["exception"] = ["type": .string(String(reflecting: type(of: error))), "route": .string(route)]
        }
        return problem
    }

    /// A text without control characters, so that what a client sent can't make up lines of a log.
    private static func onOneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        var line = ""
        for scalar in text.unicodeScalars {
            if scalar.properties.generalCategory == .control {
                line += scalar.escaped(asASCII: true)
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}
