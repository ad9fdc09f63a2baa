import Apus
import ApusArguments

/// `apus routes`.
enum RoutesCommand {
    /// A route as `--json` prints it.
    private struct Line: Encodable {
        var method: String
        var path: String
        var `protocol`: String?
        var place: String
        var synchronous: Bool
    }

    static func run(_ options: RoutesOptions) throws {
        let application = Application()
        var configuration = Configuration()
        Demo.equip(&configuration)
        try Demo.register(on: application, configuration)
        let routes = try application.routes()
        if options.json {
            let lines = routes.map {
                Line(
                    method: $0.method.rawValue, path: $0.pattern.description,
                    protocol: $0.connectProtocol, place: $0.place.description,
                    synchronous: $0.isSynchronous)
            }
            print(try JSON(lines).text())
        } else {
            let methods = routes.map(\.shownMethod.count).max() ?? 0
            let paths = routes.map(\.pattern.description.count).max() ?? 0
            for route in routes {
                print(
                    padded(route.shownMethod, methods), padded(route.pattern.description, paths),
                    route.isSynchronous ? "inline " : "on task", route.place)
            }
        }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension Route {
    /// The method, with the protocol of a tunnel.
    fileprivate var shownMethod: String { connectProtocol.map { "\(method) \($0)" } ?? "\(method)" }
}
