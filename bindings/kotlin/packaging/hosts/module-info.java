/** A program with modules. */
module host {
    requires fh.client.jdk;
}
