import Apus
import Testing

@Suite("Examples of the dashboard")
struct DashboardExamples {
    @Test("a server has a dashboard, which others need a token for")
    func options() throws {
        // example: AdminOptions.swift, DashboardGuide.md
        var configuration = ServerConfiguration(port: 8080)
        configuration.admin = AdminOptions(port: 9090)
        let app = Application(configuration)
        // end
        #expect(app.configuration.admin?.host == "127.0.0.1")
        let token: String? = nil
        // example: DashboardGuide.md
        configuration.admin = AdminOptions(host: "0.0.0.0", port: 9090, token: token, names: ["admin.example.com"])
        // end
        configuration.port = 0
        configuration.log = .none
        configuration.loops = LoopGroup.Options(loops: 1, log: .none)
        #expect(throws: AdminError.tokenMissing(host: "0.0.0.0")) { _ = try Application(configuration).start() }
    }
}
