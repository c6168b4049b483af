"""Reads Copilot's reports and seats into their tables. Each day is committed by itself."""
