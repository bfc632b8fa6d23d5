package android.app;

/** A screen of the tests, in place of a class that reads the device's properties. */
public class Activity {
    public boolean isChangingConfigurations() {
        return false;
    }
}
