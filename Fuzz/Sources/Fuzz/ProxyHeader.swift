import ApusNet

/// A PROXY header is read the same at every split. The first byte chooses it.
func proxyHeader(_ input: [UInt8]) {
    let bytes = input.dropFirst()
    let whole = withSpan(bytes) { ProxyHeader.parse($0) }
    let cut = bytes.count * Int(input.first ?? 0) / 255
    let part = withSpan(bytes.prefix(cut)) { ProxyHeader.parse($0) }
    require("\(part)" == "\(ProxyHeader.Verdict.incomplete)" || "\(part)" == "\(whole)", "split and whole differ")
}
