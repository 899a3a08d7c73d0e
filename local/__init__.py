"""The local stack: template.yaml deployed by `sam deploy` into MiniStack, an AWS emulator without Docker."""
