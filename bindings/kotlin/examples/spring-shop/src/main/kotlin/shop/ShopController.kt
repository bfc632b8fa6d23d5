package shop

import fh.client.Context
import java.math.BigDecimal
import java.math.RoundingMode
import org.springframework.beans.factory.ObjectProvider
import org.springframework.web.bind.annotation.GetMapping
import org.springframework.web.bind.annotation.RestController

/** The page of a user. */
data class Page(val banner: String, val checkout: String, val price: BigDecimal)

/** The pages of the shop. */
@RestController
class ShopController(private val features: ObjectProvider<Context>) {
    /** Returns the page, whose price has the discount of the user, in percent. */
    @GetMapping("/")
    fun page(): Page {
        val features = features.getObject()
        val share = BigDecimal.ONE - (features.decimal("DISCOUNT") ?: BigDecimal.ZERO).movePointLeft(2)
        return Page(
            banner = features.string("BANNER", "Welcome"),
            checkout = if (features.isEnabled("NEW_CHECKOUT")) "new" else "old",
            price = (LIST_PRICE * share).setScale(2, RoundingMode.HALF_UP),
        )
    }

    /** Explains the user's checkout. */
    @GetMapping("/why")
    fun why(): String = features.getObject().explain("NEW_CHECKOUT")

    private companion object {
        val LIST_PRICE = BigDecimal("20.00")
    }
}
