extension UInt16 {
    /// A port as an authority writes it (RFC 3986, 3.2.3): up to five decimal digits, from 0 to 65,535.
    init?(port text: some StringProtocol) {
        guard (1...5).contains(text.utf8.count) else { return nil }
        var number = 0
        for byte in text.utf8 {
            guard (0x30...0x39).contains(byte) else { return nil }
            number = number * 10 + Int(byte & 0xF)
        }
        self.init(exactly: number)
    }
}
