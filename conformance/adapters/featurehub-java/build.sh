#!/bin/sh
# Builds the adapter in the current folder, a copy of this one: the libraries from Maven's repository by their checksums, the classes, an
# archive of loaded classes (which saves most of the start of each process), and the options with which `java @adapter.options` starts it.
set -eu

mvn --batch-mode --quiet dependency:copy-dependencies -DoutputDirectory=libraries
sha256sum --check --strict --quiet libraries.sha256
libraries=$(sed 's/^[0-9a-f]*  //' libraries.sha256 | tr '\n' ':')

javac -encoding UTF-8 -cp "$libraries" -d classes Loop.java Adapter.java
jar --create --file adapter.jar -C classes .

# The processes are small and short: compiling quickly matters more than compiling well. The heap is smaller than the memory that a client
# may take, because a larger one grows with the garbage before anything is collected. Only the protocol goes to standard output.
cat > adapter.options <<EOF
-Xshare:auto -XX:SharedArchiveFile=$PWD/adapter.jsa -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx48m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn
-Xlog:disable -Xlog:all=error:stderr -XX:+DisplayVMOutputToStderr
-cp
$(echo "$PWD/adapter.jar:$libraries" | sed "s#:libraries/#:$PWD/libraries/#g")
Adapter
EOF
sed 's/^-Xshare:auto -XX:SharedArchiveFile=[^ ]*/-Xshare:off -XX:DumpLoadedClassList=adapter.classes/' adapter.options > trial.options
java @trial.options < trial.jsonl > /dev/null
sed 's/^-Xshare:auto/-Xshare:dump -XX:SharedClassListFile=adapter.classes/' adapter.options > archive.options
java @archive.options
