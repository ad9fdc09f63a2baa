public import ApusHTTP

/// How a line of an access log is written.
public enum AccessLogFormat: Sendable, Equatable {
    /// The Common Log Format: client, time, request line, status, bytes.
    case common
    /// The same with the fields Referer and User-Agent behind it.
    case combined
    /// An object of JSON in each line, with these members, in this order.
    case json([AccessLogField])

    /// An object of JSON with the members that are wanted most.
    public static let json = AccessLogFormat.json(AccessLogField.usual)
}

/// A member of an access log's JSON.
public enum AccessLogField: Sendable, Equatable {
    /// `time`: when the response ended, as `2026-11-21T09:50:34.123Z`.
    case time
    /// `client`: the client's address.
    case client
    /// `listener`: the name of the listener.
    case listener
    /// `secure`: whether TLS was spoken.
    case secure
    /// `method`
    case method
    /// `path`: as it was sent, still encoded.
    case path
    /// `query`: what follows the question mark, as it was sent.
    case query
    /// `host`: the authority that was asked for.
    case host
    /// `version`: `HTTP/1.1`
    case version
    /// `route`: the pattern of the route; null without one.
    case route
    /// `status`: 499 for a client that was gone before it was answered.
    case status
    /// `bytes_received`: of content.
    case bytesReceived
    /// `bytes_sent`: of content.
    case bytesSent
    /// `duration`: in seconds, from the end of the request's head to the end of its response.
    case duration
    /// `first_byte`: in seconds, to the begin of its response.
    case firstByte
    /// `request_id`: the name of the request; null where ``RequestIdentity`` gave none and nobody has asked.
    case requestID
    /// `referer`
    case referer
    /// `user_agent`
    case userAgent
    /// `failure`: why the client does not have its answer, as `client-gone`; null when it has.
    case failure
    /// The first field of this name of the request, by that name in lower case; null without one.
    case field(HTTPField.Name)

    /// What ``AccessLogFormat/json`` writes.
    public static let usual: [AccessLogField] = [
        .time, .client, .method, .path, .query, .host, .version, .route, .status, .bytesReceived, .bytesSent,
        .duration, .firstByte, .requestID, .userAgent, .failure,
    ]

    var name: String {
        switch self {
        case .time: "time"
        case .client: "client"
        case .listener: "listener"
        case .secure: "secure"
        case .method: "method"
        case .path: "path"
        case .query: "query"
        case .host: "host"
        case .version: "version"
        case .route: "route"
        case .status: "status"
        case .bytesReceived: "bytes_received"
        case .bytesSent: "bytes_sent"
        case .duration: "duration"
        case .firstByte: "first_byte"
        case .requestID: "request_id"
        case .referer: "referer"
        case .userAgent: "user_agent"
        case .failure: "failure"
        case .field(let name): name.canonicalName
        }
    }
}
