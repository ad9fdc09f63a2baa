#if HTTPTypes
    public import ApusHTTP
    public import HTTPTypes

    extension ApusHTTP.HTTPFields {
        /// Fields of swift-http-types, in their order. One whose name or value this side refuses is left out.
        public init(_ fields: HTTPTypes.HTTPFields) {
            self.init()
            for field in fields {
                guard let name = ApusHTTP.HTTPField.Name(field.name.rawName) else { continue }
                if let kept = ApusHTTP.HTTPField(name: name, value: field.value) { append(kept) }
            }
        }
    }

    extension HTTPTypes.HTTPFields {
        /// The same fields as swift-http-types has them.
        public init(_ fields: ApusHTTP.HTTPFields) {
            self.init()
            for field in fields {
                guard let name = HTTPTypes.HTTPField.Name(field.name.rawName) else { continue }
                append(HTTPTypes.HTTPField(name: name, value: field.value))
            }
        }
    }

    extension Context {
        /// The request's head as swift-http-types has it, copied.
        public var httpRequest: HTTPRequest {
            var request = HTTPRequest(
                method: HTTPRequest.Method(method.rawValue) ?? .get, scheme: isSecure ? "https" : "http",
                authority: authority.isEmpty ? nil : authority, path: target)
            request.headerFields = HTTPTypes.HTTPFields(fields)
            return request
        }
    }

    extension Response {
        /// A response with the head of one of swift-http-types. A status that is none of 100 to 999 becomes 500.
        ///
        /// - Parameters:
        ///   - head: Status and fields; its reason phrase is not kept.
        ///   - body: The content.
        public init(_ head: HTTPResponse, body: Body = .empty) {
            self.init(
                ApusHTTP.Status(head.status.code) ?? .internalServerError, ApusHTTP.HTTPFields(head.headerFields),
                body: body)
        }
    }
#endif
