package shop

import fh.client.Client
import fh.client.Readiness
import org.springframework.boot.health.contributor.Health
import org.springframework.boot.health.contributor.HealthIndicator
import org.springframework.stereotype.Component

/** Reports that the shop is ready once its client has features, even old ones, because the shop can then work. */
@Component
class FeaturesHealthIndicator(private val client: Client) : HealthIndicator {
    override fun health(): Health {
        val status = client.statusNow()
        val health = if (status.readiness == Readiness.READY) Health.up() else Health.outOfService()
        // A problem's text contains no API key.
        return health.withDetail("connection", status.connection).withDetail("problem", status.message ?: "none").build()
    }
}
