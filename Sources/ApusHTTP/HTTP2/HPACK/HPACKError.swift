/// Why a header block cannot be decoded. Each is a connection error COMPRESSION_ERROR (RFC 9113, 4.3): the tables of the
/// two ends no longer agree, so nothing that follows can be read either.
@frozen public enum HPACKError: UInt8, Error, Hashable, Sendable, CaseIterable {
    /// The block ends within a field.
    case truncated
    /// An integer is above 2²⁸ − 1, or takes more octets than such a one needs (RFC 7541, 5.1).
    case integerTooLarge
    /// An index is 0, or beyond both tables (RFC 7541, 2.3.3).
    case invalidIndex
    /// A Huffman code ends within a symbol, holds EOS, or is padded with anything but fewer than eight ones (RFC 7541, 5.2).
    case invalidHuffmanCode
    /// The dynamic table is to become larger than SETTINGS_HEADER_TABLE_SIZE allows (RFC 7541, 6.3).
    case tableTooLarge
    /// A size update stands behind a field (RFC 7541, 4.2).
    case misplacedSizeUpdate
    /// The limit of the table was lowered, and the block does not begin by heeding it (RFC 7541, 4.2).
    case missingSizeUpdate

    /// What is wrong, and what the peer should do; fit for the debug data of GOAWAY.
    public var message: StaticString {
        switch self {
        case .truncated: "A header block ends within a field; send it whole."
        case .integerTooLarge: "An integer of a header block is too large; send smaller ones."
        case .invalidIndex: "An index of a header block is in no table; send one that is."
        case .invalidHuffmanCode: "A Huffman code of a header block is invalid; end it with ones, fewer than eight."
        case .tableTooLarge: "A size update exceeds SETTINGS_HEADER_TABLE_SIZE; stay below it."
        case .misplacedSizeUpdate: "A size update follows a field; send it first."
        case .missingSizeUpdate: "A size update is missing; send one at or below SETTINGS_HEADER_TABLE_SIZE."
        }
    }
}
