import ApusConfiguration
import ApusNet
import ApusRuntime

extension LoopGroup.Options {
    static let schema = ConfigurationSchema(LoopGroup.Options()) {
        $0.value(
            "count", \.loops, .integer(1...1024), orNull: "auto",
            "How many event loops, a thread each; null is one for each processor, or for each of pinnedTo")
        $0.value(
            "pinnedTo", \.pinnedTo, ConfigurationType<Int>.integer(0...4095).list(of: "processor numbers"),
            orNull: "none",
            "The processors that the loops are pinned to, one each")
        $0.value(
            "driver", \.driver, .oneOf(DriverChoice.offered.map { ($0.rawValue, $0) }),
            "How the loops hear of the kernel")
        $0.value(
            "holdLimit", \.holdLimit, .duration(.milliseconds(1) ... .seconds(3600)),
            "How long one handler may hold its loop before it is named in the log")
        $0.check { loops, report in
            guard let pinnedTo = loops.pinnedTo else { return }
            let shown = ConfigurationValue.list(pinnedTo.map { .number("\($0)") })
            if pinnedTo.isEmpty {
                report.reject("pinnedTo", shown, "there is no processor in it: name some, or write null")
            } else if Set(pinnedTo).count < pinnedTo.count {
                report.reject("pinnedTo", shown, "a processor is named twice: name each once")
            } else if let count = loops.loops, count != pinnedTo.count {
                report.reject(
                    "count", with: ["pinnedTo"], .number("\(count)"),
                    "each loop needs a processor of its own in pinnedTo, which has \(pinnedTo.count): remove count, or name \(count)"
                )
            }
        }
    }
}

extension DriverChoice {
    /// Those that this system can have.
    static var offered: [DriverChoice] {
        #if os(Linux)
            [.auto, .epoll, .uring]
        #else
            [.auto, .kqueue]
        #endif
    }
}

extension ListenOptions {
    static let schema = ConfigurationSchema(ServerConfiguration().listen) {
        $0.value("backlog", \.backlog, .integer(1...65535), "Connections that the kernel keeps until they are accepted")
        $0.value("noDelay", \.noDelay, .bool, "Send small segments at once")
        $0.value(
            "keepAlive", \.keepAlive, .duration(.seconds(1) ... .seconds(32767)), orNull: "off",
            "When the kernel asks whether a silent peer is there (TCP keep-alive)")
        $0.value("reusePort", \.reusePort, .bool, "Each loop has its own listening socket")
        $0.value(
            "deferAccept", \.deferAccept, .duration(.seconds(1) ... .seconds(3600)), orNull: "off",
            "Leave a connection with the kernel until its client has said something, for so long at most; whole seconds"
        )
        $0.value("v6Only", \.v6Only, .bool, "No IPv4 on a listener at ::")
        $0.value("unixMode", \.unixMode, .fileMode, "The mode of a Unix socket's file")
        $0.value(
            "proxyProtocol", \.proxyProtocol, .proxyPolicy,
            "Which peers tell of the client by the PROXY protocol: off, required, or their addresses")
        $0.section("connections", \.admission, Admission.Limits.schema)
    }
}

extension Admission.Limits {
    static let schema = ConfigurationSchema(Admission.Limits()) {
        $0.value(
            "most", \.connections, .integer(1...100_000_000), orNull: "unlimited", live: true,
            "Connections of the process")
        $0.value(
            "perAddress", \.connectionsPerAddress, .integer(1...100_000_000), orNull: "unlimited",
            live: true, "Connections from one client address")
        $0.value(
            "excess", \.excess, .oneOf([("refuse", .refuse), ("pause", .pause)]), live: true,
            "What becomes of a connection above the limit: it is told so, or waits in the kernel")
        $0.check { limits, report in
            guard let most = limits.connections, let each = limits.connectionsPerAddress, each > most else { return }
            report.reject(
                "perAddress", with: ["most"], .number("\(each)"),
                "it is more than all together, \(most): lower it, or raise most")
        }
    }
}

extension ConfigurationType<UInt32> {
    /// A mode of files in octal digits, as `chmod` takes it.
    static var fileMode: ConfigurationType {
        ConfigurationType(
            "a mode in octal digits in quotes, such as \"0660\"",
            read: { content in
                guard case .string(let text) = content.asString, text.count <= 4,
                    text.utf8.allSatisfy({ (0x30...0x37).contains($0) })
                else { return nil }
                return Int(text, radix: 8).flatMap { $0 <= 0o777 ? UInt32($0) : nil }
            }, show: { .text("0" + String($0, radix: 8)) })
    }
}

extension ConfigurationType<AddressRange> {
    /// An address, or a network of them.
    static var addresses: ConfigurationType {
        ConfigurationType(
            "an address or a network such as 10.0.0.0/8, with no bits behind its prefix",
            read: { content in
                guard case .string(let text) = content.asString else { return nil }
                return AddressRange(text)
            }, show: { .text($0.description) })
    }
}

extension ConfigurationType<ProxyPolicy> {
    static var proxyPolicy: ConfigurationType {
        let expected = "off, required, or a list of addresses such as 10.0.0.0/8"
        return ConfigurationType(
            expected,
            reading: { node throws(ConfigurationMismatch) in
                switch node.content.asString {
                case .string("off"): return .off
                case .string("required"): return .required
                case .array, .string:
                    do throws(ConfigurationMismatch) {
                        return .trusted(try ConfigurationType<AddressRange>.addresses.list(of: "addresses").read(node))
                    } catch {
                        var error = error
                        if error.suffix.isEmpty { error.expected = expected }
                        throw error
                    }
                default: throw ConfigurationMismatch(expected: expected)
                }
            },
            show: { policy in
                switch policy {
                case .off: .text("off")
                case .required: .text("required")
                case .trusted(let ranges): .list(ranges.map { .text($0.description) })
                }
            })
    }
}
