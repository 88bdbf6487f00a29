"""What tests ask of the page in a browser."""

# Everything that the view needs is read and drawn.
DRAWN = (
    "window.packlog && packlog.charts && !packlog.charts.isLoading && !packlog.charts.frame"
    " && packlog.charts.plots.size"
)
