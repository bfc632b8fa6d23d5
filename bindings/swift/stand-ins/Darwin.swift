// No declarations: the package asks only whether the module exists, and what it uses then is in Foundation.
