"""Mail: what a report's mail says, as HTML and as text, and the message that SES is given. No I/O."""
