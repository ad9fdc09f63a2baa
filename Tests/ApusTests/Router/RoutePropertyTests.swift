import TestSupport
import Testing

@testable import Apus

/// What the router should say, worked out segment by segment over all routes: slow, and too simple to be wrong.
private struct NaiveRouter {
    let routes: [RouteTree.Route]

    func look(_ method: RouteMethod, _ path: [UInt8]) -> Looked {
        guard path.first == .slash else { return .notFound }
        let segments = path.dropFirst().split(separator: .slash, omittingEmptySubsequences: false).map(Array.init)
        let matching = routes.filter { captures($0.pattern, segments) != nil }
            .sorted { rank($0.pattern).lexicographicallyPrecedes(rank($1.pattern)) }
        let methods = method == .head ? [.head, .get] : [method]
        for route in matching {
            // Of the routes of one pattern, HEAD's own goes before GET's.
            let same = matching.filter { $0.pattern.shape == route.pattern.shape }
            for method in methods {
                guard let hit = same.first(where: { $0.method == method }) else { continue }
                return Looked(lookup: .found(hit.value), captures: captures(hit.pattern, segments) ?? [])
            }
        }
        if matching.isEmpty { return .notFound }
        let allowed = matching.reduce(into: RouteMethodSet()) { $0.formUnion(.init($1.method)) }.withAutomatic
        return Looked(lookup: method == .options ? .options(allowed) : .methodNotAllowed(allowed))
    }

    /// Literals before captured segments before `**`, from the left.
    private func rank(_ pattern: RoutePattern) -> [Int] {
        pattern.segments.map {
            switch $0 {
            case .literal: 0
            case .parameter, .wildcard: 1
            case .catchAll: 2
            }
        }
    }

    private func captures(_ pattern: RoutePattern, _ segments: [[UInt8]]) -> [String]? {
        var captures: [String] = []
        for (index, segment) in pattern.segments.enumerated() {
            guard index < segments.count else { return nil }
            switch segment {
            case .literal(let bytes):
                guard bytes == segments[index] else { return nil }
            case .parameter, .wildcard:
                guard !segments[index].isEmpty else { return nil }
                captures.append(String(decoding: segments[index], as: UTF8.self))
            case .catchAll:
                captures.append(String(decoding: Array(segments[index...].joined(separator: [.slash])), as: UTF8.self))
                return captures
            }
        }
        return pattern.segments.count == segments.count ? captures : nil
    }
}

@Suite("The router against a naive one")
struct RoutePropertyTests {
    private static let literals = [
        "a", "b", "ab", "abc", "abd", "users", "user", "a-long-literal-segment", "a-long-literal-sequel", "é", "a%2Fb",
        "0",
    ]
    private static let odd = ["", "c", "abcd", "a-long-literal-segmenu", "x-segment-of-twenty-bytes", "u", "\0"]

    @Test("random routes and random paths give the same answers", arguments: 0..<60)
    func agreement(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var builder = RouteTree.Builder(trailingSlash: .strict)
        let methods: [RouteMethod] = [.get, .head, .post, .options]
        let vocabulary = Array(Self.literals.shuffled(using: &random).prefix(2 + random.below(Self.literals.count - 2)))
        for value in 0..<(1 + random.below(120)) {
            let pattern = randomPattern(vocabulary, &random)
            let method = methods[random.below(methods.count)]
            do {
                try builder.insert(method: method, pattern: pattern, value: value, at: SourcePlace())
            } catch {
                #expect(error.reason == .conflict)
            }
        }
        let tree = builder.build()
        let naive = NaiveRouter(routes: builder.routes)
        for _ in 0..<400 {
            let path = randomPath(vocabulary, &random)
            let method = methods[random.below(methods.count)]
            #expect(
                tree.look(method, path) == naive.look(method, path),
                "\(method) \(String(decoding: path, as: UTF8.self))")
        }
    }

    private func randomPattern(_ vocabulary: [String], _ random: inout SeededRandom) -> String {
        var pattern = ""
        let depth = random.below(5)
        for index in 0..<depth {
            switch random.below(10) {
            case 0..<6: pattern += "/" + vocabulary[random.below(vocabulary.count)]
            case 6..<8: pattern += "/:p\(index)"
            default: pattern += "/*"
            }
        }
        switch random.below(6) {
        case 0: pattern += "/"
        case 1: pattern += "/**"
        default: break
        }
        return pattern.isEmpty ? "/" : pattern
    }

    private func randomPath(_ vocabulary: [String], _ random: inout SeededRandom) -> [UInt8] {
        var path = ""
        for _ in 0..<(1 + random.below(5)) {
            let word =
                random.below(5) == 0
                ? Self.odd[random.below(Self.odd.count)] : vocabulary[random.below(vocabulary.count)]
            path += "/" + word
        }
        if random.below(4) == 0 { path += "/" }
        return Array(path.utf8)
    }
}
