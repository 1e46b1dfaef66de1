"""SCIM 2.0 (RFC 7643, RFC 7644): how a company's directory keeps an organization's people and groups in step."""
