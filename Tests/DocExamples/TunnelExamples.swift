import Apus
import ApusTesting
import Testing

@Suite("Examples of the guide to tunnels")
struct TunnelExamples {
    @Test("tunnels by a protocol and by CONNECT")
    func tunnels() throws {
        let app = Application()
        let secret = "Basic c2VjcmV0"
        @Sendable func relay(_ stream: TunnelStream, _ authority: String) async throws {
            for try await bytes in stream { try await stream.write(bytes) }
        }
        // example: TunnelGuide.md, Tunnel.swift
        app.connect("/echo", protocol: "echo") { _ in
            Tunnel { stream in
                for try await bytes in stream { try await stream.write(bytes) }
            }
        }
        // end
        // example: Routes+Tunnels.swift
        app.connect("/chat/:room", protocol: "chat") { context in
            let room = try context.parameters.require("room", as: String.self)
            return Tunnel { stream in try await stream.write("welcome to \(room)\n") }
        }
        // end
        // example: TunnelGuide.md
        app.connect("/clock", protocol: "clock") { context in
            let loop = context.loop
            return Tunnel { stream in
                try await stream.run(
                    reading: { stream in
                        for try await bytes in stream where bytes.contains(0x71) { stream.finish() }
                    },
                    writing: { stream in
                        for second in 0..<60 {
                            try await stream.write("\(second)\n")
                            try await loop.sleep(for: .seconds(1))
                        }
                    })
            }
        }
        // end
        // example: TunnelGuide.md
        app.connect("/feed", protocol: "feed") { _ in
            Tunnel { stream in
                stream.onDrain { stream in
                    stream.queue(Array("going away\n".utf8))
                    stream.finish()
                }
                for try await bytes in stream { try await stream.write(bytes) }
            }
        }
        // end
        // example: TunnelGuide.md
        app.connect { context in
            guard context.authority == "db.internal:5432", context.field(.proxyAuthorization) == secret else {
                throw HTTPError(.forbidden, "no way there")
            }
            return Tunnel { stream in try await relay(stream, context.authority) }
        }
        // end
        let routes = try app.routes()
        #expect(routes.map(\.connectProtocol) == ["echo", "chat", "clock", "feed", nil])
        #expect(routes.map(\.pattern.description) == ["/echo", "/chat/:room", "/clock", "/feed", "host:port"])
    }
}
