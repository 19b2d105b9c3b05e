"""Neo4j Community, its jars fetched from Maven Central and compared with the hashes in neo4j.sha256.

The list is ours to change with the release: `sha256sum *.jar` in the folder `lib` of a server that was made
without it. Nothing of Neo4j (GPL-3.0) stands in this repository or in what it distributes.
"""

import hashlib
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools.services.making import failed, needed
from tracehold.lab.services.cache import Server

MAVEN = "apt-get install maven (Debian), brew install maven (macOS), or maven.apache.org"
JAVA = "apt-get install openjdk-17-jre-headless (Debian), brew install openjdk@21 (macOS); 17 or 21 is needed"
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
PINS = Path(__file__).with_name("neo4j.sha256")

ARTIFACTS = (("org.neo4j.app", "neo4j-server"), ("org.neo4j", "neo4j"), ("org.neo4j", "neo4j-bootcheck"))

PROJECT = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local.tracehold</groupId><artifactId>neo4j-community</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies>
{dependencies}
  </dependencies>
</project>
"""

# From its own folder, so that the class path, and with it the class-data archive, does not depend on where
# that is. Crash reports go to stderr, because the folder is no place for them.
PROGRAM = """\
#!/bin/sh
# Runs one of Neo4j's programs:  neo4j [JVM OPTION ...] CLASS [ARGUMENT ...]   (absolute paths)
set -eu
cd "$(dirname "$0")"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
exec "$java" -XX:+UseSerialGC -XX:+DisableExplicitGC -XX:-OmitStackTraceInFastThrow \\
  -XX:+ExitOnOutOfMemoryError -XX:+ErrorFileToStderr -Xshare:auto -Xlog:cds=off -Xlog:cds+dynamic=off \\
  -Dio.netty.tryReflectionSetAccessible=true -Djdk.nio.maxCachedBufferSize=1024 \\
  -Djdk.tls.ephemeralDHKeySize=2048 -Djdk.tls.rejectClientInitiatedRenegotiation=true \\
  -Dlog4j2.disable.jmx=true -Dfile.encoding=UTF-8 --enable-native-access=ALL-UNNAMED \\
  --add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/java.io=ALL-UNNAMED \\
  --add-opens=java.base/sun.nio.ch=ALL-UNNAMED -cp 'lib/*' "$@"
"""


def build(server: Server, folder: Path) -> None:
    """Fetch this release into the folder, compare it, and run it once. Exits where Maven or Java is missing,
    or where a jar is not the one that is pinned.
    """
    maven, _ = needed("mvn", MAVEN), _java()
    print(f"services: fetching {server.name} {server.version}: about half a minute, 145 MB", flush=True)
    project = folder / "pom.xml"
    project.write_text(PROJECT.format(dependencies=_dependencies(server.version)))
    lib = folder / "lib"
    quiet = [maven, "--batch-mode", "--quiet", "--strict-checksums", f"--file={project}"]
    _run([*quiet, PLUGIN, "-DincludeScope=runtime", f"-DoutputDirectory={lib}"], folder)
    if wrong := differences(PINS.read_text(), lib):
        failed(f"{server.name} {server.version}: its jars are not the ones pinned, and", "\n".join(wrong))
    program = folder / server.program
    program.write_text(PROGRAM)
    program.chmod(0o755)
    home = {"NEO4J_HOME": str(folder), "NEO4J_CONF": str(folder / "conf")}
    said = _run([str(program), "org.neo4j.cli.AdminTool", "--version"], folder, home)
    if server.version not in said:
        failed(f"{server.name} {server.version}", said)


def _dependencies(version: str) -> str:
    return "\n".join(
        f"    <dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
        f"<version>{version}</version></dependency>"
        for group, artifact in ARTIFACTS
    )


def differences(pinned: str, lib: Path) -> list[str]:
    """What is in the folder and not in the list (lines of sha256sum), or the other way round, or other."""
    wanted = {name: digest for digest, name in (line.split() for line in pinned.splitlines() if line)}
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in lib.iterdir()}
    return [
        f"{name}: {_word(wanted.get(name), there.get(name))}"
        for name in sorted(wanted.keys() | there.keys())
        if wanted.get(name) != there.get(name)
    ]


def _word(wanted: str | None, there: str | None) -> str:
    if wanted is None:
        return "is not in the list"
    return "is missing" if there is None else f"has the hash {there}"


def _java() -> str:
    """The Java that the program will run. Exits where there is none, or one that Neo4j does not start on."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else needed("java", JAVA)
    said = _run([java, "-version"], Path.cwd())
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found[1]) < 17:
        failed(f"Java: {JAVA};", said)
    return java


def _run(command: list[str], folder: Path, more: Mapping[str, str] = os.environ) -> str:
    environment = {**os.environ, **more}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        failed(" ".join(command[:1]), done.stdout + done.stderr)
    return done.stdout + done.stderr
