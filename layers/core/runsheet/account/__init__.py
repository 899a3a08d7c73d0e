"""The account: the caller's organisation, its plan and its subscription, as the account usage contract shows them."""
