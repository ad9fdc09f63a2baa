import ApusHTTP

/// Reads content of several parts out of chunks, whoever brings them.
struct MultipartReader {
    enum Event {
        case part(MultipartHead)
        case content([UInt8])
        case partEnd
        /// All parts were read.
        case end
    }

    private var parser: MultipartParser
    private var bytes: [UInt8] = []
    private var taken = 0

    /// - Throws: 415 when the content says it is something else, 400 for a boundary that is none.
    init(_ contentType: String?, form: Bool, _ limits: MultipartLimits) throws(HTTPError) {
        let wanted = form ? "multipart/form-data" : "multipart/…"
        guard let contentType, let type = MediaType(contentType),
            form ? type.essence == "multipart/form-data" : type.type == "multipart"
        else {
            throw HTTPError(.unsupportedMediaType, "the content is \(contentType ?? "of no type"): send \(wanted)")
        }
        do throws(MultipartError) {
            parser = try MultipartParser(contentType: contentType, limits: limits)
        } catch {
            throw HTTPError(error)
        }
    }

    /// Takes the next chunk, when ``next()`` gave nil.
    mutating func take(_ chunk: [UInt8]) {
        if taken == bytes.count {
            bytes = chunk
        } else {
            bytes.removeSubrange(..<taken)
            bytes += chunk
        }
        taken = 0
    }

    /// What comes next; nil when another chunk is needed first.
    mutating func next() throws(HTTPError) -> Event? {
        let bytes = bytes
        do throws(MultipartError) {
            let step = try unsafe parser.parse(bytes.span.bytes.extracting(taken..<bytes.count))
            let start = taken
            taken += step.consumed
            switch step.event {
            case .part(let head): return .part(head)
            case .content(let range):
                if range.count == bytes.count { return .content(bytes) }
                return .content(Array(bytes[(start + range.lowerBound)..<(start + range.upperBound)]))
            case .partEnd: return .partEnd
            case .end: return .end
            case .needMore: return nil
            }
        } catch {
            throw HTTPError(error)
        }
    }

    /// The content has come to its end.
    func finish() throws(HTTPError) {
        do throws(MultipartError) { try parser.finish() } catch { throw HTTPError(error) }
    }
}

extension HTTPError {
    init(_ error: MultipartError) { self.init(error.status, error.description) }
}
