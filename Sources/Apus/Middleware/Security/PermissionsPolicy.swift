/// What a page and the frames within it may use of the browser: the field `Permissions-Policy`.
///
/// ```swift
/// var policy = PermissionsPolicy.nothing
/// policy.set("geolocation", .self)
/// policy.set("camera", .origin("https://meet.example.com"), .self)
/// ```
public struct PermissionsPolicy: Sendable, Hashable {
    /// Who may use a feature.
    public struct Allowance: Sendable, Hashable {
        let text: String

        /// The page itself, and frames of its origin.
        public static let `self` = Allowance(text: "self")
        /// Every frame.
        public static let all = Allowance(text: "*")

        /// Frames of this origin, as `https://example.com`.
        ///
        /// - Precondition: It is made of visible characters without quotes and backslashes.
        public static func origin(_ origin: String) -> Allowance {
            precondition(
                origin.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C } && !origin.isEmpty,
                "\"\(origin)\" is no origin: write https://example.com")
            return Allowance(text: "\"\(origin)\"")
        }
    }

    private var features: [(name: String, allowances: [Allowance])] = []

    /// A policy that says nothing yet.
    public init() {}

    /// No camera, microphone, place, sensors, payment, USB and the like, for the page and for all frames: what most pages
    /// never ask for and what an attacker would.
    public static let nothing: PermissionsPolicy = {
        var policy = PermissionsPolicy()
        for feature in [
            "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "hid",
            "magnetometer", "microphone", "midi", "payment", "serial", "usb",
        ] {
            policy.set(feature)
        }
        return policy
    }()

    /// Says who may use a feature, in place of what was said of it before. Without allowances nobody may.
    ///
    /// - Precondition: The name is made of small letters, digits and `-`.
    public mutating func set(_ feature: String, _ allowances: Allowance...) {
        precondition(
            !feature.isEmpty
                && feature.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 },
            "\"\(feature)\" is no feature: write camera, geolocation or picture-in-picture")
        if let index = features.firstIndex(where: { $0.name == feature }) {
            features[index].allowances = allowances
        } else {
            features.append((feature, allowances))
        }
    }

    /// The field's value.
    public var value: String {
        features.map { name, allowances in
            allowances == [.all] ? "\(name)=*" : "\(name)=(\(allowances.map(\.text).joined(separator: " ")))"
        }.joined(separator: ", ")
    }

    /// Equal when they say the same in the same order.
    public static func == (left: Self, right: Self) -> Bool { left.value == right.value }

    /// Feeds what it says.
    public func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
