import ApusHTTP

/// The value of a field is read without a fault, whatever it is, and what was read keeps the field's rules. The first
/// byte chooses the field.
func fieldValue(_ input: [UInt8]) {
    let value = text(input.dropFirst())
    switch (input.first ?? 0) % 10 {
    case 0: accept(value)
    case 1: acceptEncoding(value)
    case 2: acceptLanguage(value)
    case 3: cookies(value)
    case 4: byteRanges(value)
    case 5: entityTags(value)
    case 6: mediaType(value)
    case 7: date(value)
    case 8: contentDisposition(value)
    default:
        let priority = withSpan(input.dropFirst()) { HTTP2Priority(parsing: $0) }
        require(priority.urgency < 8, "an urgency above 7")
    }
}

private func accept(_ value: String) {
    let accept = Accept(value)
    let offers = ["text/html", "application/json", "image/*", "text/plain; charset=utf-8"]
    for offer in offers { require((0...1).contains(accept.quality(of: offer)), "a weight beyond 0 to 1") }
    guard let best = accept.best(of: offers) else { return }
    require(offers.allSatisfy { accept.quality(of: $0) <= accept.quality(of: best) }, "there is a better one")
}

private func acceptEncoding(_ value: String) {
    let accept = AcceptEncoding(value)
    let offers = ["gzip", "br", "zstd", "identity"]
    for offer in offers { require((0...1).contains(accept.quality(of: offer)), "a weight beyond 0 to 1") }
    if let best = accept.best(of: offers) { require(accept.quality(of: best) > 0, "one that was refused") }
}

private func acceptLanguage(_ value: String) {
    let accept = AcceptLanguage(value)
    let offers = ["en", "en-GB", "de-CH-1996", "zh-Hant"]
    for offer in offers { require((0...1).contains(accept.quality(of: offer)), "a weight beyond 0 to 1") }
    if let best = accept.best(of: offers) { require(offers.contains(best), "one that was not offered") }
}

private func cookies(_ value: String) {
    for cookie in Cookies(value) {
        require(
            !cookie.name.isEmpty && cookie.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a name that is no token")
        require(
            cookie.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 9 },
            "a control character came through a value")
    }
}

private func byteRanges(_ value: String) {
    guard let ranges = ByteRanges(value) else { return }
    for length in [0, 1, 100, 1 << 40, Int64.max] {
        guard case .parts(let parts) = ranges.resolve(length: length) else { continue }
        require(!parts.isEmpty && parts.count <= 16, "none, or more than are served")
        for (index, part) in parts.enumerated() {
            require(!part.isEmpty && part.lowerBound >= 0 && part.upperBound <= length, "a part outside the content")
            require(!parts[..<index].contains { $0.overlaps(part) }, "a part that is sent twice")
        }
    }
}

private func entityTags(_ value: String) {
    if let tag = EntityTag(parsing: value) { require(EntityTag(parsing: tag.description) == tag, "another tag") }
    let state = Preconditions.State(entityTag: EntityTag("a"), lastModified: IMFDate(secondsSince1970: 784_111_777))
    if case .tags(let tags) = EntityTagList(value) {
        for tag in tags { require(EntityTag(parsing: tag.description) == tag, "a tag that is none") }
    }
    let preconditions = Preconditions { _ in value }
    for method in [HTTPMethod.get, .put] {
        for state in [state, nil] { _ = preconditions.evaluate(method, against: state) }
    }
    _ = IfRange(value).allowsRange(of: state, now: IMFDate(secondsSince1970: 784_111_778))
}

private func mediaType(_ value: String) {
    guard let type = MediaType(value) else { return }
    require(MediaType(type.description) == type, "a type that reads otherwise than it was written")
}

private func date(_ value: String) {
    guard let date = IMFDate(value) else { return }
    require(date.description.utf8.count == IMFDate.byteCount, "a date that can't be written")
    require(IMFDate(date.description) == date, "a date that reads otherwise than it was written")
}

private func contentDisposition(_ value: String) {
    guard let disposition = ContentDisposition(value) else { return }
    require(disposition.description.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "a field that can't be sent")
    require(ContentDisposition(disposition.description) != nil, "a field that can't be read")
    guard let safe = disposition.safeFilename else { return }
    require(!safe.isEmpty && safe.utf8.count <= 200, "a name of no length, or too long")
    require(!safe.contains("/") && !safe.contains("\\") && safe.first != ".", "a name is not safe")
}
