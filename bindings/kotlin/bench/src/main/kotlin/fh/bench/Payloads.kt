package fh.bench

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import java.io.File

/** A user of the workload. */
public class User(attributes: JsonNode) {
    public val userkey: String = attributes["userkey"].textValue()
    public val country: String = attributes["country"].textValue()
    public val version: String = attributes["version"].textValue()
    public val email: String = attributes["email"].textValue()
    public val plan: String = attributes["plan"].textValue()
}

/** The files that the program `payloads` has written into the folder of the property `fh.bench.payloads`. */
public object Payloads {
    private val folder = File(System.getProperty("fh.bench.payloads"))
    private val described: JsonNode = ObjectMapper().readTree(file("regex.json"))

    /** The users. Timings use the first one. */
    public val users: List<User> = described["users"].map { User(it) }

    /** For each flag, a digit for each user: 1 if the flag is on. */
    public val answers: Map<String, String> = described["answers"].properties().associate { (key, on) -> key to on.textValue() }

    /** The keys of the flags that are rollouts. */
    public val rollouts: Set<String> = described["rollouts"].map { it.textValue() }.toSet()

    /** Returns the key that a workload reads. */
    public fun key(workload: String): String = described["keys"][workload].textValue()

    /** Returns a file of the folder, such as `regex-unleash.json`. */
    public fun file(name: String): File = folder.resolve(name)
}
