import ApusHTTP
import ApusRuntime

/// Undoes the coding of a request's content while it is read. Belongs to the context's loop.
@safe final class BodyDecoding {
    private enum State {
        case decoding
        case ended
        case failed(HTTPError)
    }

    private var decoder: ContentDecoder?
    private var state = State.decoding
    private var chunk: [UInt8] = []
    private var taken = 0
    private var mayHoldMore = false
    private let loop: EventLoop

    /// The longest piece that a reader is given, in bytes.
    private static let piece = 32 << 10

    init(_ decoder: consuming ContentDecoder, _ loop: EventLoop) {
        self.decoder = consume decoder
        self.loop = loop
    }

    /// Takes the next chunk as it was received, when ``next()`` had no more.
    func take(_ chunk: [UInt8]) {
        self.chunk = chunk
        taken = 0
    }

    /// The next decoded bytes; nil when another chunk is needed.
    func next() throws(HTTPError) -> [UInt8]? {
        if case .failed(let error) = state { throw error }
        guard taken < chunk.count || mayHoldMore else { return nil }
        var room = loop.buffers.take(atLeast: Self.piece)
        var refusal: HTTPError?
        let chunk = chunk
        do throws(CodingError) {
            while true {
                let rest = unsafe chunk.span.bytes.extracting(taken..<chunk.count)
                guard let progress = try decoder?.write(rest, into: &room) else { break }
                taken += progress.consumed
                mayHoldMore = !progress.isComplete
                if !room.isEmpty || progress.isComplete { break }
            }
        } catch {
            refusal = HTTPError(error)
        }
        let decoded = [UInt8](copying: room)
        loop.buffers.give(room)
        if let refusal { throw fail(refusal) }
        return decoded.isEmpty ? nil : decoded
    }

    /// The received content has come to its end.
    func end() throws(HTTPError) {
        switch state {
        case .ended: return
        case .failed(let error): throw error
        case .decoding:
            guard let decoder = decoder.take() else { return }
            do throws(CodingError) { try decoder.finish() } catch { throw fail(HTTPError(error)) }
            state = .ended
        }
    }

    private func fail(_ error: HTTPError) -> HTTPError {
        state = .failed(error)
        chunk = []
        taken = 0
        mayHoldMore = false
        decoder = nil
        return error
    }
}
