"""Sound files of other release tools, with a setting of every kind, for the tests that spoil them."""

from __future__ import annotations

RELEASE_PLZ = b"""
[workspace]
git_tag_name = "v{{ version }}"
changelog_path = "CHANGELOG.md"
publish_features = ["a"]
max_analyze_commits = 5
release = false
repo_url = "https://forge.example/ada/plane"
body = \"\"\"
[x]
\"\"\"

[[package]]
name = "wing"
version_group = "a"
release = true

[changelog]
commit_parsers = [
  { message = "^feat", group = "Added" },
]
"""
CARGO_RELEASE = b"""
allow-branch = ["main", "v*"]
owners = ["github:plane:crew"]
tag-name = "{{prefix}}v{{version}}"
shared-version = true
rate-limit.new-packages = 5
pre-release-replacements = [
  { file = "README.md", search = "^wing .*", replace = "wing {{version}}", exactly = 1 },
]
"""
KNOPE = b"""
[packages.plane]
versioned_files = ["Cargo.toml", { path = "README.md", regex = "wing (?<version>.*)" }, { path = "x", dependency = "y" }]
changelog = "CHANGELOG.md"

[[workflows]]
name = "release"
[[workflows.steps]]
type = "Command"
command = "make"

[github]
owner = "ada"
repo = "plane"
"""
COVECTOR = b"""{
  "gitSiteUrl": "https://forge.example/ada/plane",
  "pkgManagers": {"rust": {"version": true, "publish": ["cargo publish", {"command": "x"}]}},
  "packages": {"plane": {"path": "./crates/wing", "manager": "rust", "publish": false, "postversion": "x"}}
}
"""
CHANGIE = b"""
changesDir: .changes
changelogPath: CHANGELOG.md
kinds:
- label: Added
replacements:
- path: README.md
  find: x
  replace: wing {{.VersionNoPrefix}}
projects:
- label: Wing
  key: wing
  changelog: CHANGELOG.md
"""
