// The front door: `import Apus` brings what an application needs.
@_exported public import ApusConfiguration
@_exported public import ApusHTTP
@_exported public import ApusNet
@_exported public import ApusPool
@_exported public import ApusRuntime
