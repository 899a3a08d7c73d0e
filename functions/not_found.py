"""$default: every path and verb that no route takes."""

from runsheet.runtime.http import unknown_route

handler = unknown_route
