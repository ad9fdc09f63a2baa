import Apus

await Command.main()
