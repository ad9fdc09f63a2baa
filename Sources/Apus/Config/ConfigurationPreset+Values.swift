import ApusConfiguration

extension Configuration {
    /// Sets what the preset is for.
    mutating func take(_ preset: ConfigurationPreset) {
        self.preset = preset
        switch preset {
        case .development:
            log.level = .debug
            errors.showsDetails = true
            accessLog = AccessLogSettings()
            accessLog?.format = .common
            requestID = RequestIdentity.Options()
            drainIdleGrace = .zero
            drainTimeout = .seconds(1)
        case .production:
            drainTimeout = .seconds(30)
            accessLog = AccessLogSettings()
            accessLog?.format = .json
            requestID = RequestIdentity.Options()
            securityHeaders = SecuritySettings()
            compression = CompressionOptions()
        case .testing:
            listeners = [ListenerSettings()]
            listeners[0].port = 0
            loops.loops = 1
            log.level = .error
            drainIdleGrace = .zero
            drainTimeout = .seconds(1)
            takesOverSockets = false
        }
    }
}
