import ApusConfiguration

extension RedisConfiguration {
    static let schema = ConfigurationSchema(RedisConfiguration()) {
        $0.value("host", \.host, .text("a host, or unix:/path"), "A name, an address, or unix:/path")
        $0.value("port", \.port, .integer(1...65535), "The port")
        $0.value("username", \.username, .anyText, orNull: "none", "The user's name; none is the default user")
        $0.value("password", \.password, .anyText, orNull: "none", secret: true, "The password")
        $0.value("database", \.database, .integer(0...65535), "The database")
        $0.value(
            "timeout", \.timeout, .duration(.milliseconds(1) ... .seconds(60)),
            "How long a command may take, connecting included")
        $0.value("mostWaiting", \.mostWaiting, .integer(1...1_000_000), "The commands that may wait on each loop")
        $0.value(
            "firstPause", \.firstPause, .duration(.milliseconds(1) ... .seconds(3600)),
            "The first pause before connecting anew, which doubles")
        $0.value(
            "longestPause", \.longestPause, .duration(.milliseconds(1) ... .seconds(3600)), "The longest pause")
        $0.value("mostReplyBytes", \.mostReplyBytes, .size(1024...(1 << 30)), "The longest reply")
        $0.check { redis, report in
            if redis.username != nil, redis.password == nil {
                report.reject(
                    "username", with: ["password"], .text(redis.username ?? ""),
                    "a user has a password: set password")
            }
            #if !Redis
                report.reject(
                    "", .bool(true),
                    "this build has no Redis: build it with the trait Redis, which is on by default")
            #endif
        }
    }
}
