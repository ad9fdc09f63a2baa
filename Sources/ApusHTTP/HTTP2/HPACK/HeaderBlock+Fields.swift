// How fields come in: judged by the rules of RFC 9113, 8.2 and 8.3 as they come, so that nothing is looked at twice.

extension HeaderBlock {
    /// Takes a field of the static table.
    @inline(__always)
    mutating func append(staticField index: Int) {
        let entry = HPACKStaticTable.entry(index)
        unsafe put(HPACKStaticTable.bytes(index), count: HPACKStaticTable.width)
        admit(entry.code, fault: 0, nameCount: Int(entry.nameCount), valueCount: Int(entry.valueCount))
    }

    /// Takes a field of the dynamic table, whose octets were judged when it came there.
    @unsafe @inline(__always)
    mutating func append(_ bytes: UnsafeRawPointer, _ entry: HPACKDynamicTable.Entry) {
        unsafe put(bytes, count: entry.byteCount)
        admit(
            entry.code, fault: entry.nameFault != 0 ? entry.nameFault : entry.valueFault,
            nameCount: Int(entry.nameCount), valueCount: Int(entry.valueCount))
    }

    /// What the name at the front of the room is, and what is wrong with it.
    @inline(__always)
    mutating func judgeName(count nameCount: Int) -> HPACKDynamicTable.Entry {
        var entry = HPACKDynamicTable.Entry(
            position: 0, nameCount: 0, valueCount: 0, code: 0, nameFault: 0, valueFault: 0)
        // Known names are compared together with a colon; the value will overwrite it.
        put(byte: .colon, at: nameCount)
        let start = count
        if nameCount > 0 { entry.code = KnownField.code(of: judged, at: start, count: nameCount) }
        if entry.code != 0 {
            if judged.hasUppercase(from: start, to: start &+ nameCount) {
                entry.nameFault = HTTP2Malformation.uppercaseFieldName.rawValue
            }
        } else {
            judgeRareName(count: nameCount, &entry)
        }
        return entry
    }

    @inline(never)
    private func judgeRareName(count nameCount: Int, _ entry: inout HPACKDynamicTable.Entry) {
        let start = count
        let end = start &+ nameCount
        if nameCount > 0, judged.byte(start) == .colon {
            entry.code = PseudoField(judged, at: start, count: nameCount).rawValue
        } else if nameCount == 0 || nameCount > Int(UInt16.max) {
            entry.nameFault = HTTP2Malformation.invalidFieldName.rawValue
        } else if judged.endOfToken(from: start, to: end) < end {
            entry.nameFault = HTTP2Malformation.invalidFieldName.rawValue
        } else if judged.hasUppercase(from: start, to: end) {
            entry.nameFault = HTTP2Malformation.uppercaseFieldName.rawValue
        }
    }

    /// What is wrong with the value in the room at `offset`; 0 for nothing.
    @inline(__always)
    func judgeValue(at offset: Int, count valueCount: Int) -> UInt8 {
        guard valueCount > 0 else { return 0 }
        let start = count &+ offset
        let end = start &+ valueCount
        let isSound =
            judged.isFieldValue(from: start, to: end) && !judged.byte(start).isBlank && !judged.byte(end &- 1).isBlank
        return isSound ? 0 : HTTP2Malformation.invalidFieldValue.rawValue
    }

    /// Takes the field at the front of the room, or drops it: for being one too many, or for what is wrong with it.
    ///
    /// - Parameters:
    ///   - code: what it is; see ``PseudoField``.
    ///   - fault: what was found wrong with its octets, as its number, or 0.
    ///   - nameCount: the octets of its name.
    ///   - valueCount: the octets of its value.
    @inline(__always)
    mutating func admit(_ code: UInt8, fault: UInt8, nameCount: Int, valueCount: Int) {
        listSize &+= nameCount &+ valueCount &+ HPACKDynamicTable.overhead
        guard listSize <= limits.listSize else {
            isTooLarge = true
            return
        }
        let start = count
        if fault != 0 || code >= PseudoField.first || Self.isSpecial(code) || kind == .trailers {
            guard admitSpecial(code, fault, nameCount: nameCount, valueCount: valueCount) else { return }
        }
        hasRegularField = true
        append(code, start, nameCount: nameCount, valueCount: valueCount)
    }

    @inline(__always)
    private mutating func append(_ code: UInt8, _ start: Int, nameCount: Int, valueCount: Int) {
        guard fields.count < limits.fieldCount &+ (hasHost ? 1 : 0) else {
            isTooLarge = true
            return
        }
        take(nameCount &+ valueCount)
        fields.append(
            FieldTable.Entry(
                nameStart: UInt32(truncatingIfNeeded: start),
                valueStart: UInt32(truncatingIfNeeded: start &+ nameCount),
                valueCount: UInt32(truncatingIfNeeded: valueCount), nameCount: UInt16(truncatingIfNeeded: nameCount),
                code: code))
    }

    /// Whether a known field is one that HTTP/2 has rules for.
    @inline(__always)
    private static func isSpecial(_ code: UInt8) -> Bool {
        switch KnownField(rawValue: code) {
        case .host, .connection, .contentLength, .transferEncoding, .expect, .upgrade, .keepAlive, .proxyConnection,
            .te,
            .cookie:
            true
        default: false
        }
    }

    private mutating func note(_ malformation: HTTP2Malformation) {
        if self.malformation == nil { self.malformation = malformation }
    }

    /// Heeds a field that is not simply taken; returns whether it is to be taken as a regular one.
    @inline(never)
    private mutating func admitSpecial(_ code: UInt8, _ fault: UInt8, nameCount: Int, valueCount: Int) -> Bool {
        if let malformation = HTTP2Malformation(rawValue: fault) {
            note(malformation)
            return false
        }
        if let pseudo = PseudoField(rawValue: code) {
            admit(pseudo, nameCount: nameCount, valueCount: valueCount)
            return false
        }
        let place = ByteSlice(from: count &+ nameCount, to: count &+ nameCount &+ valueCount)
        guard let known = KnownField(rawValue: code) else { return true }
        switch known {
        case .connection, .transferEncoding, .upgrade, .keepAlive, .proxyConnection:
            note(.connectionSpecificField)
            return false
        case .te where !place.of(judged).equals("trailers"):
            note(.invalidTE)
            return false
        case _ where kind == .trailers && known.isForbiddenInTrailers:
            note(.forbiddenTrailer)
            return false
        case .contentLength where kind != .trailers: return admitContentLength(place)
        case .host where kind == .request: return admitHost(place)
        case .cookie where kind == .request: cookieCount &+= 1
        case .expect where kind == .request:
            expectsContinue = place.of(judged).equals("100-continue")
            if !expectsContinue { note(.unknownExpectation) }
        default: break
        }
        return true
    }

    /// Heeds a pseudo-field (RFC 9113, 8.3).
    private mutating func admit(_ pseudo: PseudoField, nameCount: Int, valueCount: Int) {
        guard kind != .trailers else { return note(.pseudoFieldInTrailers) }
        guard !hasRegularField else { return note(.misplacedPseudoField) }
        guard pseudo != .unknown, (pseudo == .status) == (kind == .response) else { return note(.unknownPseudoField) }
        let bit = 1 as UInt8 &<< (pseudo.rawValue & 7)
        guard pseudoFields & bit == 0 else { return note(.repeatedPseudoField) }
        pseudoFields |= bit
        let value = count &+ nameCount
        let place = ByteSlice(from: value, to: value &+ valueCount)
        take(nameCount &+ valueCount)
        switch pseudo {
        case .method: method = place
        case .scheme: scheme = place
        case .path: path = place
        case .protocol: `protocol` = place
        case .status: status = place
        case .authority:
            authority = place
            // A handler asks for Host, as in HTTP/1.1. The name's end is overwritten, for nothing reads it any more.
            writeHostName(before: value)
            hasHost = true
            fields.append(
                FieldTable.Entry(
                    nameStart: place.start &- 4, valueStart: place.start, valueCount: place.count, nameCount: 4,
                    code: KnownField.host.rawValue))
        case .unknown: break
        }
    }

    /// The first Host stands for an authority that did not come; any is dropped that says the same as one that did.
    private mutating func admitHost(_ place: ByteSlice) -> Bool {
        guard hasHost else {
            hasHost = true
            authority = place
            return true
        }
        let isFromAuthority = pseudoFields & (1 &<< (PseudoField.authority.rawValue & 7)) != 0
        if !isFromAuthority {
            note(.repeatedHost)
        } else if !judged.isSameAuthority(authority, place, isSecure: scheme.of(judged).equals("https")) {
            note(.hostMismatch)
        }
        return false
    }

    private mutating func admitContentLength(_ place: ByteSlice) -> Bool {
        guard announcedLength < 0 else {
            note(.repeatedContentLength)
            return false
        }
        var steering = HTTP1Steering()
        if let error = steering.noteContentLength(judged, place.range.lowerBound, place.range.upperBound) {
            note(error == .contentLengthTooLarge ? .contentLengthTooLarge : .invalidContentLength)
            return false
        }
        announcedLength = steering.contentLength
        return true
    }

    /// Concludes the block: of several cookies becomes one (RFC 9113, 8.2.3).
    @inline(__always)
    mutating func finish() {
        if cookieCount > 1 { joinCookies() }
    }

    @inline(never)
    private mutating func joinCookies() {
        let code = KnownField.cookie.rawValue
        var total = 0
        for index in 0..<fields.count where fields[index].code == code { total += Int(fields[index].value.count) + 2 }
        reserve(total)
        let start = count
        var joined = 0
        // An empty crumb says nothing, and at an end would leave white space there.
        for index in 0..<fields.count where fields[index].code == code && !fields[index].value.isEmpty {
            if joined > 0 {
                put(byte: .semicolon, at: joined)
                put(byte: .space, at: joined + 1)
                joined += 2
            }
            move(fields[index].value, to: joined)
            joined += Int(fields[index].value.count)
        }
        take(joined)
        fields.keepFirst(code, value: ByteSlice(from: start, to: start + joined))
    }
}
