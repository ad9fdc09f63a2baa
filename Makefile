test:
	swift test
lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests
.PHONY: test lint
