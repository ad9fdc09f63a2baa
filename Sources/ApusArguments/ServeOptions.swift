package import ApusConfiguration
import ApusRuntime

/// `apus serve`, and `apus check` and `apus config`, which take the same.
package struct ServeOptions: Equatable, Sendable {
    /// The folder to serve, or nil for what the configuration says.
    package var folder: String?
    /// The file of the configuration; nil for the one of `APUS_CONFIG`, or none.
    package var file: String?
    /// What a preset, and keys of the configuration, are set to, in the order of the command line.
    package var flags: [ConfigurationFlag] = []
    /// The name or address to listen on, as it was given.
    package var host: String?
    /// How many processes serve, under a master; nil is this one alone.
    package var workers: Int?
    /// What is spoken over TLS, on a port of its own; nil for nothing.
    package var tls: TLSOptions?

    package init() {}

    /// - Parameter scanned: gains a mistake for each value that cannot be.
    init(_ scanned: inout ScannedArguments) {
        folder = scanned.operands.first
        if folder == "" { scanned.mistakes.append("FOLDER is empty; write . for the current folder") }
        file = scanned.value(.configuration, .text("a file", example: "apus.json5"))
        let presets = ConfigurationPreset.allCases.map(\.rawValue)
        if let preset = scanned.value(.preset, .word(presets)) { set("--preset", "preset", preset) }
        for setting in scanned.all(.set, .setting) { set("--set", setting.path, setting.value) }
        host = scanned.value(.host, .text("a name or an address", example: "0.0.0.0 or ::1"))
        if let host { set("--host", "listeners[0].host", host) }
        if let port = scanned.value(.port, .number(in: 0...65535, example: 8080)) {
            set("--port", "listeners[0].port", "\(port)")
        }
        let loops = scanned.value(.loops, .number(in: 1...1024, example: 4))
        if let loops { set("--loops", "loops.count", "\(loops)") }
        let pin = scanned.value(.pin, .cpuList)
        if let pin { set("--pin", "loops.pinnedTo", pin.map(String.init).joined(separator: ",")) }
        if let driver = scanned.value(.driver, .driver) { set("--driver", "loops.driver", driver.rawValue) }
        workers = scanned.value(.workers, .number(in: 1...512, example: 4))
        setAdmin(&scanned)
        tls = TLSOptions(&scanned)
        if let loops, let pin, loops != pin.count {
            scanned.mistakes.append(
                "--loops \(loops) with --pin of \(pin.count) processors: each loop needs one of its own; "
                    + "leave --loops out, or name \(loops) processors")
        }
    }

    mutating func set(_ flag: String, _ path: String, _ value: String) {
        flags.append(ConfigurationFlag(flag, path: path, value: value))
    }
}

extension OptionSyntax {
    static let configuration = OptionSyntax(
        name: "config", letter: "c", value: "FILE",
        summary: "Read the configuration from this JSON5 file [that of APUS_CONFIG]")
    static let preset = OptionSyntax(
        name: "preset", value: "P", summary: "Begin with the preset development, production or testing")
    static let set = OptionSyntax(
        name: "set", letter: "s", value: "KEY=VALUE",
        summary: "Set a key of the configuration, such as limits.body=64MiB; may be given more than once",
        isRepeatable: true)
    static let host = OptionSyntax(
        name: "host", value: "H", summary: "Listen on this name or address [127.0.0.1]; 0.0.0.0 or :: for all")
    static let port = OptionSyntax(
        name: "port", letter: "p", value: "N", summary: "Listen on this port [8080]; 0 for any free one")
    static let loops = OptionSyntax(
        name: "loops", letter: "l", value: "N", summary: "Run this many event loops, a thread each [one per core]")
    static let pin = OptionSyntax(
        name: "pin", value: "CPULIST", summary: "Pin each loop to one of these processors, such as 0,2-3")
    static let driver = OptionSyntax(
        name: "driver", value: "D", summary: "Drive the loops with \(ArgumentKind.driverNames) [auto]")

    static let workers = OptionSyntax(
        name: "workers", letter: "w", value: "N",
        summary: "Serve by N processes under a master, which starts one anew that dies")

    static let serve = [configuration, preset, set, host, port] + tls + admin + [workers, loops, pin, driver]
}

extension ArgumentKind where Value == String {
    /// One of some words.
    static func word(_ words: [String]) -> ArgumentKind {
        let expected = words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        return ArgumentKind(expected: expected, example: words.first ?? "") { words.contains($0) ? $0 : nil }
    }
}

/// What `--set` is given.
struct KeySetting: Equatable, Sendable {
    let path: String
    let value: String
}

extension ArgumentKind where Value == KeySetting {
    static var setting: ArgumentKind {
        ArgumentKind(expected: "a key and its value", example: "limits.body=64MiB") { text in
            guard let sign = text.firstIndex(of: "="), sign > text.startIndex else { return nil }
            return KeySetting(path: String(text[..<sign]), value: String(text[text.index(after: sign)...]))
        }
    }
}
