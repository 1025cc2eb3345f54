"""Site definitions: one TOML file a site or a family of sites."""
