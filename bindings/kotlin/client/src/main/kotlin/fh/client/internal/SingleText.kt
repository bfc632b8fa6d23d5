package fh.client.internal

/** The only value of an attribute, which was not given as a list: rules of FeatBit and FeatureSignals read a list of one as another text. */
internal class SingleText(val text: String) : AbstractList<String>() {
    override val size: Int get() = 1

    override fun get(index: Int): String = if (index == 0) text else throw IndexOutOfBoundsException("there is one value")
}
