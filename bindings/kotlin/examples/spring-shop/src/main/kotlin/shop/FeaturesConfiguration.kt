package shop

import fh.client.Client
import fh.client.Context
import fh.client.FeatureHub
import jakarta.servlet.http.HttpServletRequest
import org.springframework.beans.factory.annotation.Value
import org.springframework.context.annotation.Bean
import org.springframework.context.annotation.Configuration
import org.springframework.context.annotation.Scope
import org.springframework.web.context.WebApplicationContext.SCOPE_REQUEST

/** The client of the shop, and the features of its users. */
@Configuration(proxyBeanMethods = false)
class FeaturesConfiguration {
    /** Starts the client, which returns at once. Requests before the first features get the defaults in the code. */
    @Bean(destroyMethod = "close")
    fun client(
        @Value("\${FEATUREHUB_EDGE_URL}") url: String,
        @Value("\${FEATUREHUB_CLIENT_API_KEY}") apiKey: String,
    ): Client = FeatureHub.client(url, apiKey)

    /**
     * Returns the features of the user of the present request. A real shop takes the plan from its session. A context is cheap: it
     * causes no request to the Edge, and is not closed.
     */
    @Bean
    @Scope(SCOPE_REQUEST)
    fun features(client: Client, request: HttpServletRequest): Context =
        client.context(
            "userkey" to (request.userPrincipal?.name ?: request.getHeader("x-user")),
            "plan" to request.getHeader("x-plan"),
        )
}
