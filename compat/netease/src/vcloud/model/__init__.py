"""What calls take and return; plain holders of attributes."""
