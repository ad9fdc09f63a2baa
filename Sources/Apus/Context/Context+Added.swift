public import ApusHTTP
import ApusRuntime

// The fields that go with whatever the handler answers, so that they also stand on errors and on what middleware answers.

extension Context {
    /// Has fields go with whatever is answered, unless the answer has some of the same name, or a later block has: `Vary`
    /// and `Set-Cookie` are added in any case.
    ///
    /// Make the block once, not for each request: it is sent by copying its bytes. Single fields that are made for the
    /// request go to ``responseFields``.
    public func add(_ block: FieldBlock) { ensureEdge().blocks.append(block) }

    /// Whether fields go with the answer.
    @inline(__always) var hasAddedFields: Bool { addedByteCount > 0 }

    /// The most bytes that they take in HTTP/1.1.
    @inline(__always) var addedByteCount: Int { edge == nil && extras == nil ? 0 : countAdded() }

    @inline(never)
    private func countAdded() -> Int {
        var count = 0
        if let edge {
            count = edge.blocks.byteCount &+ edge.limits.byteCount
            count &+= edge.withTold { $1.byteCount($0) } ?? 0
        }
        if let extras {
            for field in extras.responseFields { count += Buffer.count(of: field) }
        }
        return count
    }

    /// Whether the connection is to be closed behind the answer.
    @inline(__always) var asksToClose: Bool { extras?.responseFields.asksToClose ?? false }

    /// Writes them as HTTP/1.1 has them, at most ``addedByteCount`` bytes.
    ///
    /// - Parameters:
    ///   - own: The response's own fields, which go before these.
    ///   - names: The names of `own`.
    ///   - buffer: What takes the lines.
    @inline(__always)
    func appendAddedFields(besides own: HTTPFields, _ names: FieldNameSet, to buffer: inout Buffer) {
        // Nothing stands against anything else, as most often.
        guard extras == nil, let edge, edge.blocks.isPlain(beside: names), !names.hasCustom else {
            return appendAll(besides: own, to: &buffer)
        }
        edge.blocks.appendAll(to: &buffer)
        edge.limits.append(to: &buffer)
        edge.withTold { mark, echo in
            if echo.isSent(besides: own, names) { echo.append(mark, to: &buffer, bytes) }
        }
    }

    @inline(never)
    private func appendAll(besides own: HTTPFields, to buffer: inout Buffer) {
        var taken = namesTaken(own)
        appendResponseFields(besides: own, &taken) { buffer.append(field: $0) }
        guard let edge else { return }
        if !edge.limits.isEmpty, !tellsLimits(own) { edge.limits.append(to: &buffer) }
        edge.withTold { mark, echo in
            if echo.isSent(besides: own, taken) { echo.append(mark, to: &buffer, bytes) }
        }
        for index in edge.blocks.indices.reversed() {
            let block = edge.blocks[index]
            if block.names.isDisjoint(with: taken) {
                buffer.append(block)
            } else {
                for field in block.fields where isSent(field, besides: own, taken, behind: index) {
                    buffer.append(field: field)
                }
            }
            taken.formUnion(block.names)
        }
    }

    /// Whether somebody else tells the client of its limit.
    private func tellsLimits(_ own: HTTPFields) -> Bool {
        own.contains(RateLimitFields.limitName) || extras?.responseFields.contains(RateLimitFields.limitName) ?? false
    }

    /// Calls `body` with each of them.
    ///
    /// - Parameters:
    ///   - own: The response's own fields, which go before these.
    ///   - body: Takes a field.
    func forEachAddedField(besides own: HTTPFields, _ body: (HTTPField) -> Void) {
        var taken = namesTaken(own)
        appendResponseFields(besides: own, &taken, body)
        guard let edge else { return }
        if !edge.limits.isEmpty, !tellsLimits(own) { edge.limits.fieldsOfAll.forEach(body) }
        edge.withTold { mark, echo in
            if echo.isSent(besides: own, taken) {
                body(HTTPField(name: echo.name, replacingInvalid: mark.text(in: bytes)))
            }
        }
        for index in edge.blocks.indices.reversed() {
            let block = edge.blocks[index]
            for field in block.fields where isSent(field, besides: own, taken, behind: index) { body(field) }
            taken.formUnion(block.names)
        }
    }

    private func namesTaken(_ own: HTTPFields) -> FieldNameSet {
        var taken = FieldNameSet(own)
        taken.remove(.setCookie)
        taken.remove(.vary)
        return taken
    }

    private func appendResponseFields(
        besides own: HTTPFields, _ taken: inout FieldNameSet, _ body: (HTTPField) -> Void
    ) {
        guard let extras else { return }
        for field in extras.responseFields
        where field.name == .setCookie || !taken.mayContain(field.name) || !own.contains(field.name) {
            // Only the server writes these; what they ask for is heeded elsewhere.
            if !field.name.isFraming { body(field) }
        }
        for field in extras.responseFields where !field.name.isAdded { taken.insert(field.name) }
    }

    private func isSent(
        _ field: HTTPField, besides own: HTTPFields, _ taken: FieldNameSet, behind index: Int
    ) -> Bool {
        if field.name.isAdded || !taken.mayContain(field.name) { return true }
        guard taken.hasCustom, !own.contains(field.name) else { return false }
        if let added = extras?.responseFields, added.contains(field.name) { return false }
        guard let edge else { return true }
        return !edge.blocks.indices.dropFirst(index + 1).contains { edge.blocks[$0].fields.contains(field.name) }
    }
}

extension HTTPField.Name {
    /// Whether a second field of the name adds to the first.
    fileprivate var isAdded: Bool { self == .vary || self == .setCookie }
}
