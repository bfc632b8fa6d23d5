package shop

import org.springframework.boot.autoconfigure.SpringBootApplication
import org.springframework.boot.runApplication

/**
 * A shop with Spring Boot, in which each request reads the features of its user. Run it beside an Edge, and request the page of a user:
 *
 * ```sh
 * export FEATUREHUB_EDGE_URL=https://edge.example FEATUREHUB_CLIENT_API_KEY='ENVIRONMENT/KEY*'
 * mvn spring-boot:run
 * curl -H 'x-user: mara' -H 'x-plan: gold' http://localhost:8080/
 * curl http://localhost:8080/actuator/health/readiness
 * ```
 */
@SpringBootApplication(proxyBeanMethods = false)
class ShopApplication

fun main(arguments: Array<String>) {
    runApplication<ShopApplication>(*arguments)
}
